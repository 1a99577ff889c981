"""Register scaling: registers the scaling that the request asks for, and removes what it no longer asks for."""
