//! The grade texts of the simulated calls, each with the code it is meant to have. Written down by
//! hand, so that a fault in the real catalogue shows up against it.

/// The codes.
pub(super) const NINE: &str = "NINE_YUAN";
/// See [`NINE`].
pub(super) const ONE: &str = "ONE_YUAN";
const OTHER: &str = "OTHER";

/// An index into [`GRADES`].
pub(super) type GradeId = u8;

/// No grade.
pub(super) const NONE: GradeId = 0;
/// Grade A.
pub(super) const A: GradeId = 1;
/// Grade B.
pub(super) const B: GradeId = 2;
/// Ways to write 9 yuan, the two tricky ones first: full width, and with spaces around it.
pub(super) const NINES: [GradeId; 4] = [5, 6, 3, 4];
/// Ways to write 1 yuan.
pub(super) const ONES: [GradeId; 2] = [8, 7];
/// Grades that a careless program takes for 9 or 1 yuan, and a free text.
pub(super) const TRAPS: [GradeId; 5] = [9, 10, 11, 12, 13];

/// Text and meaning.
pub(super) const GRADES: [(&str, Option<&str>); 14] = [
    ("", None),
    ("A", Some("A")),
    ("B", Some("B")),
    ("9元", Some(NINE)),
    ("9", Some(NINE)),
    ("９元", Some(NINE)),
    (" 9元 ", Some(NINE)),
    ("1元", Some(ONE)),
    ("1", Some(ONE)),
    ("19元", Some(OTHER)),
    ("99元", Some(OTHER)),
    ("11元", Some(OTHER)),
    ("21元", Some(OTHER)),
    ("意向客户", Some(OTHER)),
];
