"""Deploy components: creates, updates and deletes inference components, until all of them are as planned."""
