"""The models of a deployment: where they come from, whether they suit their variants, and how they are created."""
