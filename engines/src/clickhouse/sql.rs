//! What kind of statement is this text, and where does the data of an INSERT begin?
//!
//! Only the shape is read, by tokens that know quotes, comments and brackets; the engine's own
//! parser judges everything else. Invariant: bytes after the head of an INSERT are never looked
//! at as SQL, so data can never be executed.

/// The shape of a request's text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// More bytes are needed to tell.
    Incomplete,
    /// An INSERT followed by data: `text[..head]` is the statement without FORMAT or VALUES,
    /// the data starts at `data`.
    Insert { head: usize, format: String, data: usize },
    /// Any other statement: the whole text is SQL.
    Statement,
}

/// What a non-INSERT text says about its own answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Traits {
    /// First keyword, upper case (`SELECT`), empty for an empty text.
    pub(super) keyword: String,
    /// Name after a trailing FORMAT.
    pub(super) format: Option<String>,
    /// INTO OUTFILE or FROM INFILE: the engine would touch files of its machine.
    pub(super) touches_files: bool,
    /// WITH TOTALS: the answer has a second part which pieces would lose.
    pub(super) totals: bool,
    /// An INSERT (also after WITH) that names a FORMAT, that is, data inside SQL.
    pub(super) inline_data: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    Quoted,
    Other(u8),
}

#[derive(Clone, Copy, Debug)]
struct Token {
    kind: Kind,
    start: usize,
    end: usize,
    depth: usize,
}

/// Reads tokens; stops with `unfinished` set when a quote or comment is open at the end.
struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
    unfinished: bool,
}

impl<'a> Tokens<'a> {
    fn of(text: &'a [u8]) -> Self {
        Self { text, at: 0, depth: 0, unfinished: false }
    }

    fn skip_past(&mut self, from: usize, end: &[u8]) -> bool {
        let found = self.text[from.min(self.text.len())..].windows(end.len()).position(|w| w == end);
        self.at = found.map_or(self.text.len(), |found| from + found + end.len());
        self.unfinished |= found.is_none();
        found.is_some()
    }

    /// Skips blanks and comments; false when a comment is open at the end.
    fn skip_blanks(&mut self) -> bool {
        loop {
            match &self.text[self.at..] {
                [b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c, ..] => self.at += 1,
                [b'-', b'-', ..] | [b'#', b' ' | b'!', ..] => {
                    let line = self.text[self.at..].iter().position(|b| *b == b'\n');
                    self.at = line.map_or(self.text.len(), |line| self.at + line + 1);
                }
                [b'/', b'*', ..] => {
                    if !self.skip_past(self.at + 2, b"*/") {
                        return false;
                    }
                }
                _ => return true,
            }
        }
    }

    fn quoted(&mut self, quote: u8) {
        let mut at = self.at + 1;
        while at < self.text.len() {
            match self.text[at] {
                b'\\' => at += 2,
                byte if byte == quote => {
                    if self.text.get(at + 1) == Some(&quote) {
                        at += 2;
                    } else {
                        self.at = at + 1;
                        return;
                    }
                }
                _ => at += 1,
            }
        }
        self.at = self.text.len();
        self.unfinished = true;
    }

    /// `$tag$ … $tag$`, or nothing of the sort (then one byte is taken).
    fn heredoc(&mut self) {
        let tag = self.text[self.at + 1..].iter().position(|b| !is_word(*b)).map(|n| self.at + 1 + n);
        match tag {
            Some(end) if self.text[end] == b'$' => {
                let tag = &self.text[self.at..=end];
                self.skip_past(end + 1, tag);
            }
            _ => self.at += 1,
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if !self.skip_blanks() || self.at >= self.text.len() {
            return None;
        }
        let (start, mut depth) = (self.at, self.depth);
        let kind = match self.text[start] {
            quote @ (b'\'' | b'"' | b'`') => {
                self.quoted(quote);
                Kind::Quoted
            }
            b'$' => {
                self.heredoc();
                Kind::Quoted
            }
            byte if is_word(byte) => {
                while self.at < self.text.len() && is_word(self.text[self.at]) {
                    self.at += 1;
                }
                Kind::Word
            }
            byte => {
                self.at += 1;
                match byte {
                    b'(' | b'[' | b'{' => self.depth += 1,
                    b')' | b']' | b'}' => {
                        self.depth = self.depth.saturating_sub(1);
                        depth = self.depth;
                    }
                    _ => {}
                }
                Kind::Other(byte)
            }
        };
        Some(Token { kind, start, end: self.at, depth })
    }
}

fn upper(text: &[u8], token: &Token) -> String {
    String::from_utf8_lossy(&text[token.start..token.end]).to_ascii_uppercase()
}

/// Tells the shape of `text`; `complete` says that no more bytes will come.
pub(super) fn shape(text: &[u8], complete: bool) -> Shape {
    let undecided = if complete { Shape::Statement } else { Shape::Incomplete };
    let mut tokens = Tokens::of(text);
    let mut words = 0;
    // The token before decides whether a word is a name: `insert into format format TSV`.
    let mut name_next = false;
    while let Some(token) = tokens.next() {
        // A word that touches the end of an incomplete text may go on.
        if token.end == text.len() && !complete {
            return Shape::Incomplete;
        }
        if token.kind != Kind::Word {
            name_next = token.kind == Kind::Other(b'.');
            if words == 0 && token.kind != Kind::Other(b';') {
                return Shape::Statement;
            }
            continue;
        }
        let word = upper(text, &token);
        words += 1;
        if words == 1 && word != "INSERT" {
            return Shape::Statement;
        }
        if token.depth > 0 || std::mem::take(&mut name_next) && !matches!(word.as_str(), "TABLE" | "FUNCTION") {
            continue;
        }
        match word.as_str() {
            "INTO" | "TABLE" => name_next = true,
            "SELECT" | "WITH" | "WATCH" | "FROM" => return Shape::Statement,
            "VALUES" => {
                return Shape::Insert { head: token.start, format: "Values".into(), data: token.end };
            }
            "FORMAT" => {
                let Some(name) = tokens.next().filter(|t| t.kind == Kind::Word) else { return undecided };
                if name.end == text.len() && !complete {
                    return Shape::Incomplete;
                }
                let format = String::from_utf8_lossy(&text[name.start..name.end]).into_owned();
                return data_start(text, name.end, complete).map_or(Shape::Incomplete, |data| Shape::Insert {
                    head: token.start,
                    format,
                    data,
                });
            }
            _ => {}
        }
    }
    undecided
}

/// Data starts after blanks and at most one line end; `None` when that cannot be told yet.
fn data_start(text: &[u8], from: usize, complete: bool) -> Option<usize> {
    let mut at = from;
    while matches!(text.get(at), Some(b' ' | b'\t' | 0x0c)) {
        at += 1;
    }
    if text.get(at) == Some(&b'\r') {
        at += 1;
    }
    match text.get(at) {
        Some(b'\n') => Some(at + 1),
        Some(_) => Some(at),
        None => complete.then_some(at),
    }
}

/// Whether anything but blanks and comments follows a semicolon outside of quotes.
pub(super) fn goes_on_after_semicolon(values: &[u8]) -> bool {
    let mut tokens = Tokens::of(values).skip_while(|token| token.kind != Kind::Other(b';'));
    tokens.next().is_some() && tokens.next().is_some()
}

/// Reads the traits of a statement that carries no data.
pub(super) fn traits(text: &[u8]) -> Traits {
    let mut found = Traits::default();
    let mut tokens = Tokens::of(text).peekable();
    let mut before = String::new();
    let mut insert = false;
    while let Some(token) = tokens.next() {
        if token.kind != Kind::Word {
            if found.keyword.is_empty() && token.kind == Kind::Other(b'(') {
                "SELECT".clone_into(&mut found.keyword);
            }
            before.clear();
            continue;
        }
        let word = upper(text, &token);
        if found.keyword.is_empty() {
            found.keyword.clone_from(&word);
        }
        insert |= word == "INSERT" && token.depth == 0;
        found.totals |= word == "TOTALS" && before == "WITH";
        found.touches_files |= (word == "OUTFILE" && before == "INTO") || (word == "INFILE" && before == "FROM");
        if word == "FORMAT"
            && token.depth == 0
            && let Some(name) = tokens.peek().copied().filter(|t| t.kind == Kind::Word)
        {
            if insert {
                found.inline_data = true;
                return found;
            }
            tokens.next();
            let last = match tokens.peek() {
                None | Some(Token { kind: Kind::Other(b';'), .. }) => true,
                Some(next) => upper(text, next) == "SETTINGS",
            };
            if last {
                found.format = Some(String::from_utf8_lossy(&text[name.start..name.end]).into_owned());
            }
        }
        before = word;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(text: &str) -> (String, String, String) {
        match shape(text.as_bytes(), true) {
            Shape::Insert { head, format, data } => (text[..head].trim().into(), format, text[data..].into()),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn the_format_clause_is_cut_where_the_data_begins() {
        let cases = [
            ("INSERT INTO t(a, b) FORMAT RowBinary\n\n\nx", "INSERT INTO t(a, b)", "RowBinary", "\n\nx"),
            ("insert into `a format b` format TSV 1", "insert into `a format b`", "TSV", "1"),
            ("insert into format format TSV\r\n1", "insert into format", "TSV", "1"),
            ("insert into db.values settings a='format' format TSV\n", "insert into db.values settings a='format'", "TSV", ""),
            (
                "/* format X */ insert into t -- format Y\n format Native",
                "/* format X */ insert into t -- format Y",
                "Native",
                "",
            ),
            (
                "insert into function remote('h', format, x) format CSV\n1",
                "insert into function remote('h', format, x)",
                "CSV",
                "1",
            ),
            ("insert into t values (1, 'values')", "insert into t", "Values", " (1, 'values')"),
        ];
        for (text, head, format, data) in cases {
            assert_eq!(insert(text), (head.into(), format.into(), data.into()));
        }
    }

    #[test]
    fn values_end_at_their_semicolon() {
        for (text, goes_on) in [("(1, ';')", false), ("(1);  -- done", false), ("(1); drop table t", true), ("(1));x", true)] {
            assert_eq!(goes_on_after_semicolon(text.as_bytes()), goes_on, "{text}");
        }
    }

    #[test]
    fn undecided_heads_wait_for_more_bytes() {
        for text in
            ["", "ins", "insert into t", "insert into t format Row", "insert into t format TSV ", "insert into `t", "/* x"]
        {
            assert_eq!(shape(text.as_bytes(), false), Shape::Incomplete, "{text}");
        }
        assert_eq!(shape(b"select 1 ", false), Shape::Statement);
        assert_eq!(shape(b"insert into t select 1 ", false), Shape::Statement);
    }

    #[test]
    fn the_traits_of_a_statement_are_read_at_its_top_level() {
        let t = traits(b"select format, 'into outfile' from t format JSON;");
        assert_eq!((t.keyword.as_str(), t.format.as_deref(), t.touches_files), ("SELECT", Some("JSON"), false));
        assert!(traits(b"select 1 into  outfile 'x'").touches_files);
        assert!(traits(b"select 1 with totals").totals);
        assert!(traits(b"insert into t select * from input('a Int8') format CSV\n1").inline_data);
        assert_eq!(traits(b"select $$ format X $$ format TSV settings a = 1").format.as_deref(), Some("TSV"));
        assert_eq!(traits(b"(select 1)").keyword, "SELECT");
    }
}
