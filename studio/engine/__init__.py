"""Worker processes: one for each loaded candidate, with its protocol, supervision and memory."""
