"""tests/unit/agent"""
