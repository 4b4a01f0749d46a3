class LikelihoodJudge:
    def __init__(self, rubric): pass
