"""Reading an uploaded body: raw or multipart/form-data."""
