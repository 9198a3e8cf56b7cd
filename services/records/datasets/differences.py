"""What sets a new version of a dataset apart from the one before, in sentences."""

from shared.datasets.definition import CATEGORY_NAMES, SUBJECT_NAMES, Dataset, FieldDefinition

PARTS = {
    "label": "名称",
    "type": "类型",
    "required": "是否必填",
    "max_length": "最大长度",
    "identifier": "证件号码种类",
    "choices": "可选值",
    "hint": "填写说明",
    "example": "示例",
    "visibility": "公开属性",
    "in_list": "是否列表显示",
    "in_filter": "是否可筛选",
    "aliases": "其他表头名称",
}


def changes_between(old: Dataset, new: Dataset) -> list[str]:
    found = []
    if old.name != new.name:
        found.append(f"名称由“{old.name}”改为“{new.name}”")
    if old.category != new.category:
        found.append(f"类别由“{CATEGORY_NAMES[old.category]}”改为“{CATEGORY_NAMES[new.category]}”")
    if old.subject != new.subject:
        found.append(f"主体由“{SUBJECT_NAMES[old.subject]}”改为“{SUBJECT_NAMES[new.subject]}”")
    if old.standard != new.standard:
        found.append(f"执行标准改为“{new.standard}”")
    if old.departments != new.departments:
        found.append("可上报的部门有变化")
    if old.key != new.key:
        found.append(f"判断同一条记录的字段改为：{'、'.join(new.key)}")
    if old.rules != new.rules:
        found.append("校验规则有变化")
    if old.roles != new.roles:
        found.append("字段的用途有变化")
    return found + _field_changes(old, new)


def _field_changes(old: Dataset, new: Dataset) -> list[str]:
    before = {field.code: field for field in old.fields}
    after = {field.code: field for field in new.fields}
    found = [f"新增字段“{field.label}”（{code}）" for code, field in after.items() if code not in before]
    found += [f"去掉字段“{field.label}”（{code}）" for code, field in before.items() if code not in after]
    for code, field in after.items():
        if code in before and (parts := _parts(before[code], field)):
            found.append(f"字段“{field.label}”（{code}）的{'、'.join(parts)}有变化")
    kept = [code for code in before if code in after]
    if kept != [code for code in after if code in before]:
        found.append("字段的顺序有变化")
    return found


def _parts(old: FieldDefinition, new: FieldDefinition) -> list[str]:
    return [words for name, words in PARTS.items() if getattr(old, name) != getattr(new, name)]
