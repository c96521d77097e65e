"""The sample library -> questions that show what an answer, a disagreement and a refusal look like."""

EXAMPLES = (
    "How much did the minimum wage in Chongqing rise?",
    "How large was Vanke's loss?",
    "Was Luhang's car recalled, and why?",
    "How far did Apple's shipments in China fall in 2024?",
    "How many robots started the half marathon?",
    "Who won the football World Cup in 2022?",
)
"""The last one is not in the documents: the page says so instead of guessing."""
