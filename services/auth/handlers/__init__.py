"""Read the request, call the service once, reply."""
