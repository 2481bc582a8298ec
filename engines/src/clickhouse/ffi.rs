//! The C interface of libchdb, made safe. The only module of the project with `unsafe` code.
//!
//! Invariants: the library is never unloaded (its threads outlive any handle); every handle the
//! library gives is destroyed exactly once, by `Drop`; a connection runs one statement at a time,
//! which `&mut self` proves at compile time; no pointer into the library leaves this file.
#![expect(unsafe_code, reason = "calling a C library cannot be checked by the compiler; everything unsafe is kept here")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr::{NonNull, null, null_mut};

use libloading::os::unix::{Library, RTLD_LAZY, RTLD_LOCAL};

use crate::{Error, Result};

/// What the library hands out; never looked into.
type Handle = *mut c_void;
type Bytes = *const c_char;

macro_rules! api {
    ($($name:ident: fn($($arg:ty),*) $(-> $ret:ty)?;)*) => {
        /// Entry points of the library, resolved once.
        struct Api { $($name: unsafe extern "C" fn($($arg),*) $(-> $ret)?,)* }

        impl Api {
            fn resolve(library: &Library) -> std::result::Result<Self, libloading::Error> {
                // SAFETY: the types are those of chdb.h of the pinned version.
                unsafe {
                    Ok(Self { $($name: *library.get(concat!("chdb_", stringify!($name)))?,)* })
                }
            }
        }
    };
}

api! {
    set_signal_handlers_enabled: fn(c_int);
    connect: fn(c_int, *mut *mut c_char) -> *mut Handle;
    close_conn: fn(*mut Handle);
    classify_query_n: fn(Handle, Bytes, usize, Bytes, usize, *mut Analysis) -> c_int;
    query_with_params_n: fn(Handle, Bytes, usize, Bytes, usize, *const Bytes, *const usize, *const Bytes, *const usize, usize) -> Handle;
    stream_query_with_params_n: fn(Handle, Bytes, usize, Bytes, usize, *const Bytes, *const usize, *const Bytes, *const usize, usize) -> Handle;
    stream_fetch_result: fn(Handle, Handle) -> Handle;
    stream_cancel_query: fn(Handle, Handle);
    stream_insert_with_params_n: fn(Handle, Bytes, usize, Bytes, usize, *const Bytes, *const usize, *const Bytes, *const usize, usize) -> Handle;
    stream_append: fn(Handle, *const c_void, usize) -> c_int;
    stream_done: fn(Handle) -> Handle;
    stream_cancel_insert: fn(Handle);
    stream_insert_error: fn(Handle) -> Bytes;
    destroy_insert_stream: fn(Handle);
    destroy_query_result: fn(Handle);
    result_buffer: fn(Handle) -> *mut c_char;
    result_length: fn(Handle) -> usize;
    result_error: fn(Handle) -> Bytes;
    result_rows_read: fn(Handle) -> u64;
    result_storage_rows_read: fn(Handle) -> u64;
    result_storage_bytes_read: fn(Handle) -> u64;
    result_rows_written: fn(Handle) -> u64;
    result_bytes_written: fn(Handle) -> u64;
}

/// `chdb_query_analysis_v1`.
#[repr(C)]
struct Analysis {
    struct_size: u32,
    statement_count: u32,
    flags: u32,
    query_class: u32,
}

/// What a statement would do to state that outlives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    ReadOnly,
    /// Changes data or schema.
    Mutating,
    /// SET, USE, SYSTEM, KILL and the like.
    Control,
    /// Did not parse.
    Unknown,
}

/// The loaded engine. One per process, never unloaded.
#[derive(Clone, Copy)]
pub(super) struct Engine(&'static Api);

impl Engine {
    /// Loads the shared library. Touches nothing on disk yet; [`Engine::connect`] boots it.
    pub(super) fn load(path: &Path) -> Result<Self> {
        // SAFETY: the library is the pinned, integrity-checked libchdb; its initialisers only set
        // up its own allocator and tables.
        let library = unsafe { Library::open(Some(path), RTLD_LAZY | RTLD_LOCAL) };
        let library = library.map_err(|error| Error::clickhouse(format!("cannot load {}: {error}", path.display())))?;
        let api = Api::resolve(&library)
            .map_err(|error| Error::clickhouse(format!("{} is not the pinned version: {error}", path.display())))?;
        std::mem::forget(library);
        // SAFETY: takes a flag; signals must stay with the host's runtime.
        unsafe { (api.set_signal_handlers_enabled)(0) };
        Ok(Self(Box::leak(Box::new(api))))
    }

    /// A new connection. The first one boots the engine on the path among `args`.
    pub(super) fn connect(self, args: &[CString]) -> Option<Connection> {
        let mut argv: Vec<*mut c_char> = vec![c"shpunt".as_ptr().cast_mut()];
        argv.extend(args.iter().map(|arg| arg.as_ptr().cast_mut()));
        let argc = c_int::try_from(argv.len()).ok()?;
        argv.push(null_mut());
        // SAFETY: argv holds argc terminated strings that live through the call and are not written.
        let handle = unsafe { (self.0.connect)(argc, argv.as_mut_ptr()) };
        Some(Connection { api: self.0, handle: NonNull::new(handle)? })
    }
}

/// One connection: its own settings and current database, one statement at a time.
pub(super) struct Connection {
    api: &'static Api,
    handle: NonNull<Handle>,
}

// SAFETY: the library lets a connection move between threads; it forbids only concurrent use,
// and every method that runs something takes `&mut self`.
unsafe impl Send for Connection {}

/// Query parameters, `param_x=5` without the prefix.
pub(super) type Params = [(String, String)];

struct ParamArrays {
    names: Vec<Bytes>,
    name_lengths: Vec<usize>,
    values: Vec<Bytes>,
    value_lengths: Vec<usize>,
}

impl ParamArrays {
    fn of(params: &Params) -> Self {
        Self {
            names: params.iter().map(|(name, _)| name.as_ptr().cast()).collect(),
            name_lengths: params.iter().map(|(name, _)| name.len()).collect(),
            values: params.iter().map(|(_, value)| value.as_ptr().cast()).collect(),
            value_lengths: params.iter().map(|(_, value)| value.len()).collect(),
        }
    }
}

type Run = unsafe extern "C" fn(
    Handle,
    Bytes,
    usize,
    Bytes,
    usize,
    *const Bytes,
    *const usize,
    *const Bytes,
    *const usize,
    usize,
) -> Handle;

impl Connection {
    fn raw(&self) -> Handle {
        // SAFETY: a live connection points at its handle until closed, and only Drop closes it.
        unsafe { *self.handle.as_ptr() }
    }

    fn run(&mut self, entry: Run, sql: &[u8], format: &str, params: &Params) -> Handle {
        let p = ParamArrays::of(params);
        // SAFETY: all pointers come with their lengths and live through the call, which copies.
        unsafe {
            entry(
                self.raw(),
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                p.names.as_ptr(),
                p.name_lengths.as_ptr(),
                p.values.as_ptr(),
                p.value_lengths.as_ptr(),
                params.len(),
            )
        }
    }

    /// How many statements the text holds, and the most far-reaching thing they do.
    pub(super) fn classify(&mut self, sql: &[u8]) -> (u32, Class) {
        let mut found = Analysis { struct_size: 16, statement_count: 0, flags: 0, query_class: 4 };
        // SAFETY: `found` is large enough for the size it states; no target database is given.
        let state = unsafe { (self.api.classify_query_n)(self.raw(), sql.as_ptr().cast(), sql.len(), null(), 0, &raw mut found) };
        let class = match found.query_class {
            _ if state != 0 => Class::Unknown,
            0 => Class::ReadOnly,
            1 | 2 => Class::Mutating,
            3 => Class::Control,
            _ => Class::Unknown,
        };
        (found.statement_count, class)
    }

    /// Runs one statement to its end; the whole answer is in memory.
    pub(super) fn query(&mut self, sql: &[u8], format: &str, params: &Params) -> std::result::Result<Output, String> {
        let handle = self.run(self.api.query_with_params_n, sql, format, params);
        Output::checked(self.api, handle)
    }

    /// Starts a SELECT whose answer is fetched in pieces.
    pub(super) fn stream(&mut self, sql: &[u8], format: &str, params: &Params) -> std::result::Result<Stream<'_>, String> {
        let handle = self.run(self.api.stream_query_with_params_n, sql, format, params);
        let head = Output::checked(self.api, handle)?;
        Ok(Stream { connection: self, head, ended: false })
    }

    /// Starts an INSERT whose data follows. `sql` is without its FORMAT clause.
    pub(super) fn insert(&mut self, sql: &[u8], format: &str, params: &Params) -> std::result::Result<Insert<'_>, String> {
        let handle = self.run(self.api.stream_insert_with_params_n, sql, format, params);
        let insert = Insert { connection: self, handle };
        match insert.error() {
            None => Ok(insert),
            Some(error) => Err(error),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: closed once; streams borrow the connection, so none is left.
        unsafe { (self.api.close_conn)(self.handle.as_ptr()) }
    }
}

/// A finished statement or one piece of an answer.
pub(super) struct Output {
    api: &'static Api,
    handle: Handle,
}

// SAFETY: a result is plain memory owned by its handle.
unsafe impl Send for Output {}

impl Output {
    fn checked(api: &'static Api, handle: Handle) -> std::result::Result<Self, String> {
        if handle.is_null() {
            return Err("Code: 1001. DB::Exception: the engine gave no answer. (STD_EXCEPTION)".to_owned());
        }
        let output = Self { api, handle };
        // SAFETY: the handle is live; the text belongs to it and is copied.
        match unsafe { text((api.result_error)(handle)) } {
            None => Ok(output),
            Some(error) => Err(error),
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: buffer and length describe memory that lives as long as the handle.
        unsafe {
            let (data, length) = ((self.api.result_buffer)(self.handle), (self.api.result_length)(self.handle));
            if data.is_null() || length == 0 { &[] } else { std::slice::from_raw_parts(data.cast(), length) }
        }
    }

    pub(super) fn counts(&self) -> Counts {
        // SAFETY: plain getters on a live handle.
        unsafe {
            Counts {
                read_rows: (self.api.result_storage_rows_read)(self.handle),
                read_bytes: (self.api.result_storage_bytes_read)(self.handle),
                result_rows: (self.api.result_rows_read)(self.handle),
                written_rows: (self.api.result_rows_written)(self.handle),
                written_bytes: (self.api.result_bytes_written)(self.handle),
            }
        }
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // SAFETY: destroyed once.
        unsafe { (self.api.destroy_query_result)(self.handle) }
    }
}

/// Rows and bytes a statement touched.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) read_rows: u64,
    pub(super) read_bytes: u64,
    pub(super) result_rows: u64,
    pub(super) written_rows: u64,
    pub(super) written_bytes: u64,
}

/// A SELECT under way. Dropped early, it cancels the query.
pub(super) struct Stream<'c> {
    connection: &'c mut Connection,
    head: Output,
    ended: bool,
}

impl Stream<'_> {
    /// The next piece; `None` at the end.
    pub(super) fn next(&mut self) -> std::result::Result<Option<Output>, String> {
        let api = self.connection.api;
        // SAFETY: connection and stream are live, and `&mut self` keeps calls serial.
        let piece = unsafe { (api.stream_fetch_result)(self.connection.raw(), self.head.handle) };
        let piece = Output::checked(api, piece).inspect_err(|_| self.ended = true)?;
        if piece.bytes().is_empty() {
            self.ended = true;
            return Ok(None);
        }
        Ok(Some(piece))
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        if !self.ended {
            // SAFETY: both handles are live.
            unsafe { (self.connection.api.stream_cancel_query)(self.connection.raw(), self.head.handle) }
        }
    }
}

/// An INSERT under way. Dropped without [`Insert::finish`], it is cancelled.
pub(super) struct Insert<'c> {
    connection: &'c mut Connection,
    handle: Handle,
}

impl Insert<'_> {
    fn error(&self) -> Option<String> {
        // SAFETY: the handle is live; the text belongs to it and is copied.
        unsafe { text((self.connection.api.stream_insert_error)(self.handle)) }
    }

    /// Gives the engine more data; waits when it has enough to do.
    pub(super) fn append(&mut self, data: &[u8]) -> std::result::Result<(), String> {
        // SAFETY: pointer and length describe `data`, which the call copies.
        match unsafe { (self.connection.api.stream_append)(self.handle, data.as_ptr().cast(), data.len()) } {
            0 => Ok(()),
            _ => Err(self
                .error()
                .unwrap_or_else(|| "Code: 1001. DB::Exception: the insert ended early. (STD_EXCEPTION)".to_owned())),
        }
    }

    /// Commits.
    pub(super) fn finish(self) -> std::result::Result<Counts, String> {
        // SAFETY: called once (consumes self); Drop destroys the stream afterwards.
        let handle = unsafe { (self.connection.api.stream_done)(self.handle) };
        Output::checked(self.connection.api, handle).map(|output| output.counts())
    }
}

impl Drop for Insert<'_> {
    fn drop(&mut self) {
        // SAFETY: cancelling a finished stream does nothing; destroyed once.
        unsafe {
            (self.connection.api.stream_cancel_insert)(self.handle);
            (self.connection.api.destroy_insert_stream)(self.handle);
        }
    }
}

/// Copies a C string; the engine quotes user bytes in messages, so it need not be UTF-8.
unsafe fn text(pointer: Bytes) -> Option<String> {
    if pointer.is_null() {
        return None;
    }
    // SAFETY: the caller passes a terminated string that lives through this call.
    Some(unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned())
}
