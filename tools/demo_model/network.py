"""The demo network: a small stack of convolutions with an embedding and a softmax of its own."""

from torch import nn
from torch.nn import functional

from lesions import CLASSES

EMBEDDING = 64  # length of the embedding


class LesionCnn(nn.Module):
    """Input float32 [N, 3, 96, 96]. `widths` are the channels of the stages; each stage halves height and width."""

    def __init__(self, widths):
        super().__init__()
        self.stages = nn.Sequential(*[self._stage(a, b) for a, b in zip((3, *widths), widths)])
        self.embed = nn.Linear(widths[-1], EMBEDDING)
        self.classify = nn.Linear(EMBEDDING, len(CLASSES))

    @staticmethod
    def _stage(before, after):
        return nn.Sequential(nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False),
                             nn.BatchNorm2d(after), nn.ReLU())

    def logits_and_embedding(self, images):
        """Unnormalised scores [N, 9], for the training loss, and the embedding [N, 64]."""
        embedding = functional.relu(self.embed(self.stages(images).mean(dim=(2, 3))))
        return self.classify(embedding), embedding

    def forward(self, images):
        """Probabilities [N, 9] and embedding [N, 64], in the order of the exported outputs."""
        logits, embedding = self.logits_and_embedding(images)
        return functional.softmax(logits, dim=1), embedding
