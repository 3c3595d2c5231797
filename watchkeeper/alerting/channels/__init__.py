"""alerting/channels"""
