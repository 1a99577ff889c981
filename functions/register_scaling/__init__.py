"""Register scaling: registers the requested scaling, and removes scaling that is no longer requested."""
