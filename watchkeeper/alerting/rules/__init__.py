"""alerting/rules"""
