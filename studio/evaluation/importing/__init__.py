"""Reading a person's own file: CSV, TSV, XLSX, JSONL and OpenAI chat JSONL, as far as it can be read."""
