use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::{DecodeWithSchema, EncodeWithSchema, Part, SchemaRegistry};
use crate::{Error, ErrorKind, Result};

/// What the formats of a thread know of schemas: the registry, the topology's topics by number, and
/// what has been looked up so far.
///
/// A format is a type without values, so it finds its registry by the thread that it runs on. A
/// thread runs one application at a time: the worker [enters](Self::enter) its schemas as it starts,
/// the test driver whenever it is called.
pub struct Schemas {
    registry: Arc<dyn SchemaRegistry>,
    /// Names on the broker, by number of the topic.
    topics: Vec<String>,
    /// By topic and part: the number of the schema to write with.
    ids: RefCell<Vec<[Option<i32>; 2]>>,
    readers: RefCell<HashMap<(TypeId, i32), Rc<dyn Any>>>,
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Schemas>>> = const { RefCell::new(None) };
}

impl Schemas {
    /// The schemas of a topology whose topics have these names on the broker.
    pub fn new(registry: Arc<dyn SchemaRegistry>, topics: Vec<String>) -> Rc<Self> {
        let ids = RefCell::new(vec![[None; 2]; topics.len()]);
        Rc::new(Self { registry, topics, ids, readers: RefCell::default() })
    }

    /// From now on the formats of this thread ask here.
    pub fn enter(self: &Rc<Self>) {
        CURRENT.with_borrow_mut(|current| {
            if !current.as_ref().is_some_and(|c| Rc::ptr_eq(c, self)) {
                *current = Some(Rc::clone(self));
            }
        });
    }

    /// What `run` does, with these schemas; then the thread has those that it had before.
    pub fn within<R>(self: &Rc<Self>, run: impl FnOnce() -> R) -> R {
        struct Before(Option<Rc<Schemas>>);
        impl Drop for Before {
            fn drop(&mut self) {
                CURRENT.set(self.0.take());
            }
        }
        let _before = Before(CURRENT.replace(Some(Rc::clone(self))));
        run()
    }

    fn current() -> Result<Rc<Self>> {
        let current = CURRENT.with_borrow(Option::clone);
        current.ok_or_else(|| {
            let text = "a format asks for a schema registry, and there is none: configure \
                        `schema_registry.url`";
            Error::new(ErrorKind::Config, text)
        })
    }

    fn id<F: EncodeWithSchema<T>, T: ?Sized>(&self, topic: u16, part: Part) -> Result<i32> {
        let (topic, at) = (usize::from(topic), part as usize);
        let known = self.ids.borrow().get(topic).and_then(|parts| parts.get(at).copied());
        if let Some(Some(id)) = known {
            return Ok(id);
        }
        let name = self.topics.get(topic).map_or("", String::as_str);
        let id = self.registry.id(&part.subject(name), &F::schema()?)?;
        if let Some(slot) = self.ids.borrow_mut().get_mut(topic).and_then(|p| p.get_mut(at)) {
            *slot = Some(id);
        }
        Ok(id)
    }

    /// A reader is known by its type, which says what it reads, and the schema.
    fn reader<'a, F, T>(&self, id: i32) -> Result<Rc<F::Reader>>
    where
        F: DecodeWithSchema<'a, T>,
    {
        let key = (TypeId::of::<F::Reader>(), id);
        let known = self.readers.borrow().get(&key).cloned();
        if let Some(reader) = known.and_then(|known| known.downcast().ok()) {
            return Ok(reader);
        }
        let reader = Rc::new(F::reader(|| self.registry.schema(id))?);
        self.readers.borrow_mut().insert(key, Rc::clone(&reader) as Rc<dyn Any>);
        Ok(reader)
    }
}

impl std::fmt::Debug for Schemas {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Schemas");
        shown.field("registry", &self.registry.describe()).finish_non_exhaustive()
    }
}

/// The number of the schema that `F` writes `T` with.
pub(crate) fn id<F: EncodeWithSchema<T>, T: ?Sized>(topic: u16, part: Part) -> Result<i32> {
    Schemas::current()?.id::<F, T>(topic, part)
}

/// How `F` reads what was written with a schema.
pub(crate) fn reader<'a, F: DecodeWithSchema<'a, T>, T>(id: i32) -> Result<Rc<F::Reader>> {
    Schemas::current()?.reader::<F, T>(id)
}
