"""Names that moved to `shared.live_config`."""

from shared.live_config import MIX, MIX_IS_LIVE

__all__ = ["MIX", "MIX_IS_LIVE"]
