"""Pictures of a run, for people: a timeline, a trace for a trace viewer, a page."""
