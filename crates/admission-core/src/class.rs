//! The classes of work, most important first.

/// How important a piece of work is. The meaning is the user's: for the gateway transactions and receipts
/// come before reads, logs and traces.
///
/// A class is to be decided by what the work does and never by what the client says of it: any class that
/// can be claimed will be claimed by all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// What must get through.
    First,
    /// Ordinary work.
    Second,
    /// Heavy work that may wait.
    Third,
    /// What is done with what is left.
    Fourth,
}

impl Class {
    /// Every class, most important first.
    pub const ALL: [Self; 4] = [Self::First, Self::Second, Self::Third, Self::Fourth];
}

/// One value for each [`Class`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerClass<T> {
    /// That of [`Class::First`].
    pub first: T,
    /// That of [`Class::Second`].
    pub second: T,
    /// That of [`Class::Third`].
    pub third: T,
    /// That of [`Class::Fourth`].
    pub fourth: T,
}

impl<T> PerClass<T> {
    /// The value of a class.
    pub const fn get(&self, class: Class) -> &T {
        match class {
            Class::First => &self.first,
            Class::Second => &self.second,
            Class::Third => &self.third,
            Class::Fourth => &self.fourth,
        }
    }

    /// The value of a class, to change.
    pub const fn get_mut(&mut self, class: Class) -> &mut T {
        match class {
            Class::First => &mut self.first,
            Class::Second => &mut self.second,
            Class::Third => &mut self.third,
            Class::Fourth => &mut self.fourth,
        }
    }
}
