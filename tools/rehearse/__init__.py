"""`make rehearse`: deploy a payload on the local AWS, play traffic, and show how the endpoint scales."""
