//! The people, places and words of the simulated call centre.

/// The seats; the platform's id of the first is [`FIRST_AGENT`].
pub(super) const SEATS: [&str; 24] = [
    "王芳", "李娜", "张敏", "刘洋", "陈静", "杨帆", "赵磊", "黄蕾", "周婷", "吴昊", "徐丽", "孙悦",
    "胡军", "朱琳", "高翔", "林晓", "何洁", "郭涛", "马超", "罗丹", "梁栋", "宋佳", "郑爽", "谢雨",
];
/// An account that calls now and then and is no seat.
pub(super) const MANAGER: &str = "管理员";
/// The platform's id of the first seat; the others follow, the manager last.
pub(super) const FIRST_AGENT: u32 = 3_001;

/// Province, city, weight.
pub(super) const PLACES: [(&str, &str, u32); 24] = [
    ("浙江", "杭州", 14),
    ("浙江", "宁波", 9),
    ("浙江", "温州", 8),
    ("浙江", "金华", 5),
    ("浙江", "绍兴", 4),
    ("江苏", "苏州", 9),
    ("江苏", "南京", 7),
    ("江苏", "无锡", 5),
    ("广东", "广州", 7),
    ("广东", "深圳", 7),
    ("广东", "东莞", 4),
    ("上海", "上海", 6),
    ("山东", "济南", 3),
    ("山东", "青岛", 3),
    ("福建", "厦门", 3),
    ("福建", "福州", 3),
    ("四川", "成都", 3),
    ("湖北", "武汉", 3),
    ("湖南", "长沙", 2),
    ("河南", "郑州", 3),
    ("安徽", "合肥", 3),
    ("江西", "南昌", 2),
    ("北京", "北京", 3),
    ("陕西", "西安", 2),
];

/// Provinces that lead packages are bought for.
pub(super) const PACKAGE_PLACES: [&str; 6] = ["浙江", "江苏", "广东", "上海", "山东", "福建"];

/// First three digits of mobile numbers.
pub(super) const PHONE_PREFIXES: [u64; 10] = [130, 131, 135, 136, 138, 139, 150, 158, 182, 188];

/// Lines.
pub(super) const DEVICES: [&str; 4] = ["杭州线路01", "杭州线路02", "宁波线路01", "备用线路"];

/// How calls that nobody answered end, with weights.
pub(super) const HANGUPS: [(&str, u32); 12] = [
    ("NO_ANSWER", 34),
    ("USER_BUSY", 16),
    ("CALL_REJECTED", 12),
    ("NO_USER_RESPONSE", 8),
    ("ORIGINATOR_CANCEL", 5),
    ("UNALLOCATED_NUMBER", 5),
    ("NORMAL_TEMPORARY_FAILURE", 3),
    ("NORMAL_CLEARING", 4),
    ("无人接听", 5),
    ("用户忙", 4),
    ("拒接", 2),
    ("语音信箱", 2),
];

/// Weight of each hour from [`FIRST_HOUR`] on; people eat at noon.
pub(super) const HOURS: [u32; 12] = [8, 14, 13, 5, 6, 11, 13, 12, 9, 4, 3, 2];
/// The hour in which the first calls are made.
pub(super) const FIRST_HOUR: u32 = 9;

/// Companies called.
pub(super) const COMPANIES: [&str; 6] = [
    "杭州云启科技有限公司",
    "宁波海联贸易有限公司",
    "苏州恒达精密制造厂",
    "温州瓯越鞋业有限公司",
    "广州南粤餐饮管理有限公司",
    "金华义乌小商品商行",
];

/// People called.
pub(super) const CUSTOMERS: [&str; 6] = ["王先生", "李女士", "张总", "陈经理", "刘老板", "赵女士"];

/// `interest_level` of the script.
pub(super) const INTERESTS: [&str; 3] = ["high", "medium", "low"];
/// `company_size` of the script.
pub(super) const SIZES: [&str; 4] = ["1-10", "11-50", "51-200", "200+"];
/// `callback` of the script.
pub(super) const CALLBACKS: [&str; 2] = ["yes", "no"];
