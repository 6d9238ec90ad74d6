BEGIN TRANSACTION;
CREATE TABLE articles (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    publisher TEXT,
    author TEXT,
    published TEXT,                  -- ISO date
    published_precision TEXT NOT NULL,
    earliest TEXT,                   -- first and last day it may have been published on: filters compare these
    latest TEXT,
    language TEXT NOT NULL,
    url TEXT,
    source TEXT NOT NULL,
    rights TEXT,
    content_hash TEXT NOT NULL,
    body TEXT NOT NULL,              -- JSON [[start, end], ...]
    text TEXT NOT NULL
) STRICT;
INSERT INTO "articles" VALUES(2,'a','제목 0','신문',NULL,'2025-10-31','day','2025-10-31','2025-10-31','ko',NULL,'a.md',NULL,'bd19f38e404c22293a850372d779d3c60b100f5a6b0ee6bb58d7988d073f7275','[[0, 52]]','a 0 0 첫째 문장.
a 0 0 둘째 문장.
a 0 1 첫째 문장.
a 0 1 둘째 문장.
');
INSERT INTO "articles" VALUES(3,'b','제목 1',NULL,NULL,NULL,'day',NULL,NULL,'ko',NULL,'b.md',NULL,'ee16dab380152cf3f0319b33f468eed6fe7217fe0d323c20abda23bb5ce0930e','[[0, 52]]','b 1 0 첫째 문장.
b 1 0 둘째 문장.
b 1 1 첫째 문장.
b 1 1 둘째 문장.
');
CREATE TABLE chunks (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    position INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    length INTEGER NOT NULL,         -- how many terms
    terms TEXT NOT NULL,             -- joined by spaces, in order, with repeats
    UNIQUE (article, position)
) STRICT;
INSERT INTO "chunks" VALUES(3,'a-0-0',2,0,0,25,4,'a v0 문장 문장');
INSERT INTO "chunks" VALUES(4,'a-0-1',2,1,26,51,4,'a v0 문장 문장');
INSERT INTO "chunks" VALUES(5,'b-1-0',3,0,0,25,4,'b v1 문장 문장');
INSERT INTO "chunks" VALUES(6,'b-1-1',3,1,26,51,4,'b v1 문장 문장');
CREATE TABLE collection (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "collection" VALUES('created','2026-11-22T08:45:45+00:00');
INSERT INTO "collection" VALUES('dimension','8');
INSERT INTO "collection" VALUES('embedder','toy@1');
INSERT INTO "collection" VALUES('fingerprint','d1c07847a66bea94');
CREATE TABLE names (
    article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    korean TEXT NOT NULL,
    latin TEXT NOT NULL,
    PRIMARY KEY (article, korean, latin)
) STRICT, WITHOUT ROWID;
INSERT INTO "names" VALUES(3,'엔스케일','Nscale');
CREATE TABLE postings (
    term TEXT NOT NULL,
    block INTEGER NOT NULL,
    documents INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (term, block)
) STRICT, WITHOUT ROWID;
INSERT INTO "postings" VALUES('a',0,2,X'030001000400040001000400');
INSERT INTO "postings" VALUES('b',0,2,X'050001000400060001000400');
INSERT INTO "postings" VALUES('v0',0,2,X'030001000400040001000400');
INSERT INTO "postings" VALUES('v1',0,2,X'050001000400060001000400');
INSERT INTO "postings" VALUES('문장',0,4,X'030002000400040002000400050002000400060002000400');
CREATE TABLE sentences (
    chunk INTEGER NOT NULL REFERENCES chunks ON DELETE CASCADE,
    position INTEGER NOT NULL,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    text TEXT NOT NULL,
    terms INTEGER NOT NULL,          -- how many: the chunk's terms end with those of its sentences, in order
    PRIMARY KEY (chunk, position)
) STRICT, WITHOUT ROWID;
INSERT INTO "sentences" VALUES(3,0,0,12,'a 0 0 첫째 문장.',1);
INSERT INTO "sentences" VALUES(3,1,13,25,'a 0 0 둘째 문장.',2);
INSERT INTO "sentences" VALUES(4,0,26,38,'a 0 1 첫째 문장.',1);
INSERT INTO "sentences" VALUES(4,1,39,51,'a 0 1 둘째 문장.',2);
INSERT INTO "sentences" VALUES(5,0,0,12,'b 1 0 첫째 문장.',1);
INSERT INTO "sentences" VALUES(5,1,13,25,'b 1 0 둘째 문장.',2);
INSERT INTO "sentences" VALUES(6,0,26,38,'b 1 1 첫째 문장.',1);
INSERT INTO "sentences" VALUES(6,1,39,51,'b 1 1 둘째 문장.',2);
CREATE TABLE vectors (
    chunk INTEGER PRIMARY KEY REFERENCES chunks ON DELETE CASCADE,
    vector BLOB NOT NULL,            -- float32 little-endian (d,), unit norm
    sentence_vectors BLOB NOT NULL   -- float16 little-endian (sentences, d)
) STRICT;
INSERT INTO "vectors" VALUES(3,X'A2F8823E54E3D4BE59679ABD1F01BCBE09570EBFE39913BEBBF674BD294D093F',X'1C37673310B6BDAFBD388336E9B034B3DC3606B9DE3185A8C3379E35CCAF7DAF');
INSERT INTO "vectors" VALUES(4,X'EAEF28BE4EAC023E631008BF8023AABEAFD740BEBDE436BF63908C3DE07CE9BD',X'F234782C41B39AAA30B1C9B627B8DE388DB47924793221AB6933DDB897B4DD38');
INSERT INTO "vectors" VALUES(5,X'1877AEBEAE663EBE73820F3FB226E4BE486C8BBCB6DE82BB6B420EBF477429BE',X'C5B34C34243235B7B33438B4D3A081B92D357135CE362E384F28CCB057B8B22D');
INSERT INTO "vectors" VALUES(6,X'65727B3D8293173F3F202ABE2359DBBE33341FBE10811C3FEAF93E3EC3AC2E3D',X'58327436253498B7E1AFB8AD3839A0B30EB0B735AB2E6BB00C3000380B3977B6');
CREATE TABLE words (
    chunk INTEGER PRIMARY KEY REFERENCES chunks ON DELETE CASCADE,
    counts TEXT NOT NULL,            -- JSON [words of sentence 0, ...]
    width INTEGER NOT NULL,          -- h, length of a word's vector
    scales BLOB NOT NULL,            -- float32 little-endian (words,)
    data BLOB NOT NULL               -- int8 (words, h): times its scale, the vector
) STRICT;
INSERT INTO "words" VALUES(3,'[3, 0]',6,X'6162083D37751A3D399E4F3D',X'3AA1EFAC81DFF46CD91E81B1DF810CECEA10');
INSERT INTO "words" VALUES(4,'[3, 1]',6,X'2FC00B3D17A1143DDC93E53C3C1B0A3D',X'5F32AFE67F57E1D3578125F97F5CE0E1320B88687FFAE2BA');
INSERT INTO "words" VALUES(5,'[3, 0]',6,X'338BF93C7407023DAB41063D',X'B3D67F9BFCFF87DC0D7FDCA4E07F270990FC');
INSERT INTO "words" VALUES(6,'[3, 1]',6,X'7EF1DF3CA6112B3DAAC2DF3CC11BBB3C',X'BC4C368153B6FE813134415008DD81152952487F0916A49B');
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('chunks',6);
COMMIT;
PRAGMA application_id=1734964065;
PRAGMA user_version=1;
