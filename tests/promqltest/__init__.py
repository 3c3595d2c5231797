"""Reader and judge of Prometheus's `.test` files: `python -m tests.promqltest FILES…`."""
