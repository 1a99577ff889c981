"""The source of a deployment: a request, an approved model package, or an earlier deployment."""
