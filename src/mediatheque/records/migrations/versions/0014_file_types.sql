-- The type of a file whose bytes do not tell it, where another upload of the same bytes declared another type before.
ALTER TABLE file ADD COLUMN mime text;
