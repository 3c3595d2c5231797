"""Metrics beside the real Prometheus and VictoriaMetrics: the same payloads, alternating."""
