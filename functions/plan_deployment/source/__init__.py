"""What is deployed: a request, the profile of an approved model package, or an earlier deployment."""
