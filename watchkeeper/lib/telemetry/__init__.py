"""lib/telemetry"""
