//! Who may ask, and for which series.
