"""Look at refused call: finds out whether a call that SageMaker refused was carried out by an earlier try."""
