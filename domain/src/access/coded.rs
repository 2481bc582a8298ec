//! A closed list as data: each line is a variant, its stable code and, as its doc comment, what it means.

macro_rules! coded {
    ($(#[$meta:meta])+ pub enum $list:ident; $($(#[doc = $doc:literal])+ $name:ident = $code:literal,)+) => {
        $(#[$meta])+
        pub enum $list {
            $($(#[doc = $doc])+ $name,)+
        }

        impl $list {
            /// Every one, in the order of the list.
            pub const ALL: [Self; [$($code),+].len()] = [$(Self::$name,)+];

            /// Its stable code.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }

            /// What it means, in words (описание).
            pub const fn describe(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc),+).trim_ascii(),)+
                }
            }
        }
    };
}
