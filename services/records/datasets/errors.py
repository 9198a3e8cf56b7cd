"""What can be said against a dataset."""

from shared.errors import Conflict, Forbidden, Invalid, NotFound


class DatasetNotFound(NotFound):
    slug = "dataset-not-found"
    title = "没有这个数据集"


class DatasetExists(Conflict):
    slug = "dataset-exists"
    title = "数据集编码已被使用"


class DatasetChangedMeanwhile(Conflict):
    slug = "dataset-changed"
    title = "数据集已有新的版本"


class NotYourDataset(Forbidden):
    slug = "not-your-dataset"
    title = "本部门不能上报这个数据集"


class DatasetInvalid(Invalid):
    slug = "invalid-dataset"
    title = "数据集定义有误"
