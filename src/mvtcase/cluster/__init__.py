"""Many machines: Dask Distributed hands phones to nodes, behind mutual TLS; the store stays with the coordinator."""
