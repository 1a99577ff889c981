"""Delete endpoint: deletes the endpoint as soon as SageMaker lets it, and sees it go."""
