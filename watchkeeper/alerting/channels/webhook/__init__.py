"""alerting/channels/webhook"""
