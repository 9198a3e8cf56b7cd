"""Every sentence a file as a whole can be refused with: the failure code of api.md, what it is and what to do."""

from typing import Final

from shared.contracts.uploads import FailureCode

_AS_XLS = "请用 Excel 或 WPS 打开它，选择“另存为”，类型选“Excel 97-2003 工作簿(*.xls)”，再上传另存的文件。"
_TEMPLATE = "请在系统里下载本数据集的模板，把数据填进模板（数据从第 3 行开始）后再上传。"

# kind → (code, sentence)
TEXTS: Final[dict[str, tuple[FailureCode, str]]] = {
    "empty": (
        FailureCode.EMPTY_FILE,
        "文件是空的，大小为 0 字节。请确认文件已经保存或下载完整，重新选择后上传。",
    ),
    "xlsx": (FailureCode.NOT_XLS, f"文件内容是新版 .xlsx 工作簿，不是 .xls，只改扩展名没有用。{_AS_XLS}"),
    "xlsb": (FailureCode.NOT_XLS, f"文件内容是 .xlsb 二进制工作簿，不是 .xls。{_AS_XLS}"),
    "ods": (FailureCode.NOT_XLS, f"文件内容是 OpenDocument 表格（.ods），不是 .xls。{_AS_XLS}"),
    "docx": (
        FailureCode.NOT_XLS,
        f"文件内容是 Word 文档（.docx），不是 .xls 工作簿。请确认选对了文件；数据在文档的表格里时，{_TEMPLATE}",
    ),
    "pptx": (FailureCode.NOT_XLS, "文件内容是演示文稿（.pptx），不是 .xls 工作簿。请确认选对了文件。"),
    "zip": (FailureCode.NOT_XLS, "文件内容是 ZIP 压缩包，不是 .xls 工作簿。请先解压，再逐个上传里面的 .xls 文件。"),
    "gzip": (FailureCode.NOT_XLS, "文件内容是 GZIP 压缩文件，不是 .xls 工作簿。请先解压，再上传里面的 .xls 文件。"),
    "archive": (
        FailureCode.NOT_XLS,
        "文件内容是 RAR 或 7z 压缩包，不是 .xls 工作簿。请先解压，再逐个上传里面的 .xls 文件。",
    ),
    "html": (
        FailureCode.NOT_XLS,
        f"文件内容是网页（HTML），不是 .xls 工作簿；业务系统“导出 Excel”常常给出这样的文件。{_AS_XLS}",
    ),
    "mhtml": (FailureCode.NOT_XLS, f"文件内容是单个文件网页（MHTML），不是 .xls 工作簿。{_AS_XLS}"),
    "xml2003": (FailureCode.NOT_XLS, f"文件内容是“XML 表格 2003”，不是 .xls 工作簿。{_AS_XLS}"),
    "xml": (FailureCode.NOT_XLS, f"文件内容是 XML 文本，不是 .xls 工作簿。{_TEMPLATE}"),
    "rtf": (FailureCode.NOT_XLS, f"文件内容是 RTF 文档，不是 .xls 工作簿。请确认选对了文件。{_TEMPLATE}"),
    "text": (
        FailureCode.NOT_XLS,
        f"文件内容是文本（CSV、制表符分隔或其他文字），不是 .xls 工作簿。{_AS_XLS}"
        "另存前请把证件号码、统一社会信用代码等列设为“文本”，以免长号码变成科学计数。",
    ),
    "pdf": (FailureCode.NOT_XLS, f"文件内容是 PDF，不是 .xls 工作簿。请确认选对了文件。{_TEMPLATE}"),
    "image": (FailureCode.NOT_XLS, f"文件内容是图片，不是 .xls 工作簿。请确认选对了文件。{_TEMPLATE}"),
    "doc": (
        FailureCode.NOT_XLS,
        f"文件内容是 Word 文档（.doc），不是 .xls 工作簿。请确认选对了文件；数据在文档的表格里时，{_TEMPLATE}",
    ),
    "ppt": (FailureCode.NOT_XLS, "文件内容是演示文稿（.ppt），不是 .xls 工作簿。请确认选对了文件。"),
    "other_ole2": (
        FailureCode.NOT_XLS,
        "文件内容不是工作簿，而是另一种 Office 文件（里面没有工作簿数据）。请确认选对了文件。",
    ),
    "unknown": (
        FailureCode.NOT_XLS,
        "文件内容不是 .xls 工作簿，也认不出是什么文件。请确认选对了文件；如果它能用 Excel 或 WPS 打开，"
        "请在那里选择“另存为”，类型选“Excel 97-2003 工作簿(*.xls)”，再上传另存的文件。",
    ),
    "encrypted": (
        FailureCode.ENCRYPTED,
        "工作簿设置了打开密码，系统读不了。请用 Excel 或 WPS 打开，在“文件 → 信息 → 保护工作簿 → 用密码进行加密”里"
        "清除密码，保存后再上传。",
    ),
    "encrypted_xlsx": (
        FailureCode.ENCRYPTED,
        "文件是加了密码的新版工作簿（.xlsx），系统读不了。"
        "请打开后清除密码，再“另存为”“Excel 97-2003 工作簿(*.xls)”上传。",
    ),
    "protected": (
        FailureCode.ENCRYPTED,
        "工作簿使用了“保护工作簿”，内容因此被加密，系统解不开，即使打开时并不要求输入密码。"
        "请在“审阅 → 保护工作簿”里取消保护，保存后再上传。",
    ),
    "cut_short": (
        FailureCode.CORRUPT,
        "文件不完整，只有前面一部分，常见原因是下载或拷贝没有完成。"
        "请重新取得完整的文件，用 Excel 或 WPS 打开确认后再上传。",
    ),
    "corrupt": (
        FailureCode.CORRUPT,
        "文件已损坏，读不出工作簿。请用 Excel 或 WPS 打开它（必要时选“打开并修复”），"
        "另存为“Excel 97-2003 工作簿(*.xls)”后再上传。",
    ),
    "too_heavy": (
        FailureCode.CORRUPT,
        "读取文件时超出了内存限制，文件的结构不正常，或单元格远多于数据需要。请把数据复制到本数据集的新模板里，另存后再上传。",
    ),
    "lost": (
        FailureCode.CORRUPT,
        "服务器上保存的原文件已经找不到，无法读取。请重新上传这个文件；如果再次出现，请联系市信用办。",
    ),
    "no_sheet": (
        FailureCode.NO_HEADER,
        f"工作簿里没有可以读取的工作表，只有“填写说明”、图表、宏表或隐藏的工作表。{_TEMPLATE}",
    ),
    "no_header": (
        FailureCode.NO_HEADER,
        "在{sheet}的第 1、2 行里没有找到本数据集“{dataset}”的列名（例如“{examples}”）。"
        f"列名应在第 2 行，与模板一致。{_TEMPLATE}",
    ),
    "header_below": (
        FailureCode.NO_HEADER,
        "{sheet}的列名在第 {row} 行，应在第 2 行（第 1 行是标题）。"
        "请删去列名上方多余的行，让数据从第 3 行开始，再上传。",
    ),
    "columns_missing": (
        FailureCode.NO_HEADER,
        "{sheet}缺少必填的列：{missing}。请对照模板补上这些列（列名要与模板一致），或把数据填进本数据集“{dataset}”的模板后再上传。",
    ),
    "columns_added": (
        FailureCode.NO_HEADER,
        "{sheet}是按第 {made} 版做的，现行的第 {now} 版还要填写这些列：{missing}。"
        "请在表里加上这些列（列名写在第 2 行，与新模板一致），逐行填好后再上传{otherwise}。",
    ),
    "other_dataset": (
        FailureCode.NO_HEADER,
        "这是“{other}”的模板，而本次上报选的是“{dataset}”。请改选对应的数据集上报，或换用“{dataset}”的模板。",
    ),
    "no_rows": (
        FailureCode.NO_ROWS,
        "{sheet}里没有数据。第 1、2 行是标题和列名，不会导入；请从第 3 行开始填写，至少一行，再上传。",
    ),
    "too_large": (
        FailureCode.TOO_LARGE,
        "文件超过了 {limit} 的上限。请把数据分成几个文件（建议每个不超过 10000 行），"
        "并删去图片等无关内容，再分别上传。",
    ),
    "too_many_rows": (
        FailureCode.TOO_MANY_ROWS,
        "{sheet}有 {rows} 行数据，一个文件最多 {limit} 行。请分成几个文件（建议每个不超过 10000 行）再分别上传。",
    ),
    "too_much_text": (
        FailureCode.TOO_LARGE,
        "{sheet}里的文字合计超过 {limit}：同一段长文字在许多行里重复时，文件虽小，内容却很多。"
        "请删去重复的长文字，或分成几个文件（建议每个不超过 10000 行）再分别上传。",
    ),
    "took_too_long": (
        FailureCode.TOOK_TOO_LONG,
        "读取文件用时过长，已经停止。请删去多余的工作表、公式、图片和空白的带格式行，或分成几个文件"
        "（建议每个不超过 10000 行）后再上传。",
    ),
}


class Refused(Exception):
    """The file as a whole cannot be imported. `message` is for the person who sent it."""

    def __init__(self, kind: str, **facts: object) -> None:
        super().__init__(kind)
        self.kind = kind
        code, sentence = TEXTS[kind]
        self.code = code
        self.message = sentence.format(**facts) if facts else sentence

    @classmethod
    def said(cls, kind: str, message: str) -> "Refused":
        """One that comes from the child process, its sentence already filled in."""
        refused = cls(kind)
        refused.message = message
        return refused
