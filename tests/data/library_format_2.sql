CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, root TEXT NOT NULL, path TEXT NOT NULL, name TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, recipe TEXT NOT NULL, metadata_key TEXT NOT NULL,
    as_read TEXT NOT NULL DEFAULT '', sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL, text TEXT NOT NULL, title TEXT, title_how TEXT NOT NULL, publisher TEXT,
    publisher_how TEXT NOT NULL, author TEXT, author_how TEXT NOT NULL, url TEXT, date TEXT, date_how TEXT NOT NULL,
    date_basis TEXT NOT NULL, language TEXT NOT NULL, notes TEXT NOT NULL, headings TEXT NOT NULL, pages TEXT NOT NULL,
    UNIQUE (root, path));
CREATE TABLE articles (
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE, position INTEGER NOT NULL,
    start INTEGER NOT NULL, end INTEGER NOT NULL, title TEXT, title_how TEXT NOT NULL, publisher TEXT,
    publisher_how TEXT NOT NULL, outlet TEXT, outlet_how TEXT NOT NULL, author TEXT, author_how TEXT NOT NULL,
    relayed_by TEXT, date TEXT, date_how TEXT NOT NULL, date_basis TEXT NOT NULL, url TEXT, reprint_of TEXT,
    PRIMARY KEY (document_id, position)) WITHOUT ROWID;
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    article_position INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, text TEXT NOT NULL,
    heading TEXT NOT NULL, sentences TEXT NOT NULL, text_key TEXT NOT NULL);
CREATE INDEX passages_by_document ON passages (document_id);
CREATE INDEX passages_by_text ON passages (text_key);
CREATE TABLE exclusions (
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    start INTEGER NOT NULL, end INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE INDEX exclusions_by_document ON exclusions (document_id);
CREATE TABLE aliases (
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    start INTEGER NOT NULL, end INTEGER NOT NULL, name TEXT NOT NULL, other TEXT NOT NULL);
CREATE INDEX aliases_by_document ON aliases (document_id);
CREATE TABLE date_mentions (
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    start INTEGER NOT NULL, end INTEGER NOT NULL, words TEXT NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL);
CREATE INDEX date_mentions_by_document ON date_mentions (document_id);
CREATE TABLE replies (key TEXT PRIMARY KEY, reply TEXT NOT NULL);
