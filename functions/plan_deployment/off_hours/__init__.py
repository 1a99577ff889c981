"""Schedules that remove the endpoint when its hours end, and create it before they begin."""
