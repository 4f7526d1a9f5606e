"""What people call the columns of their spreadsheets, in English and Chinese, without case, spaces and punctuation."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


INPUT = _words(
    """
    text message messages input inputs question query prompt utterance sentence source src content body comment review
    request ticket description subject feedback post tweet customermessage usermessage usertext inputtext conversation
    文本 内容 消息 输入 问题 提问 原文 源文 句子 评论 留言 工单 正文 描述 用户消息 客户消息 客户留言 对话
    """
)
#: Names of columns that fill a field of a kind other than text.
OF_KIND = {
    "document": _words("document context passage article source manual handbook faq page 文档 上下文 段落 文章 手册"),
    "image": _words("image picture photo file filename path img 图片 图像 照片 文件 文件名"),
    "audio": _words("audio recording sound clip file filename path wav 音频 录音 声音 文件 文件名"),
}
REFERENCE = _words(
    """
    label labels expected reference target answer gold goldlabel groundtruth truth category class classification intent
    output outputs translation response reply correct correctanswer completion tag queue expectedanswer expectedlabel
    expectedoutput expectedtranslation referenceanswer referencetranslation idealanswer sentiment rightlabel
    标签 类别 分类 意图 答案 参考 参考译文 参考答案 译文 期望 期望答案 预期 预期答案
    标准答案 正确答案 回复 目标 情感 队列
    """
)
ID = _words(
    """
    id ids uuid guid key number no nr rowid messageid ticketid ticketnumber caseid requestid index
    编号 序号 单号 工单号 消息编号 标识
    """
)
GROUP = _words(
    """
    group groups segment channel team customer customergroup customertype customersegment region country market product
    tier plan language lang locale brand department source platform difficulty type slice topic domain
    分组 组别 客户类型 客户组 渠道 地区 国家 语言 部门 产品 来源 平台 难度 主题
    """
)
#: Parts of names of columns with another system's answers.
RECORDED = _words(
    """
    prediction predicted vendor current today rules rule baseline gpt openai model system bot human agent
    预测 供应商 现有 当前 规则 人工 机器
    """
)
#: Parts of names of columns with how long these took.
LATENCY = _words("latency seconds duration elapsed responsetime 耗时 延迟 用时 时长")
#: Every name that tells that a row names columns.
KNOWN_NAMES = INPUT | REFERENCE | ID | GROUP | frozenset().union(*OF_KIND.values())
