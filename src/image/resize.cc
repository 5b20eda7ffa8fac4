#include "image/resize.h"

#include <cstring>
#include <optional>

#include "image/resize_rows.h"
#include "image/resize_weights.h"

namespace lotmark::image {
namespace {

// The source's rows after the horizontal pass, made once each and kept while a target row may still look at them.
class StretchedRows {
 public:
  // `keep` rows are held. Without `axis` the width stays, and rows are the source's own.
  StretchedRows(const RgbView& source, const std::optional<AxisWeights>& axis, int keep)
      : source_(source), keep_(keep) {
    if (!axis) return;
    stretcher_.emplace(*axis, source.width());
    row_bytes_ = axis->windows.size() * kChannels;
    ring_.resize(row_bytes_ * static_cast<size_t>(keep));
  }

  // REQUIRES: `y` is at most keep - 1 below the highest row asked for so far.
  const uint8_t* Row(int y) {
    if (!stretcher_) return source_.Row(y);
    for (; made_ <= y; ++made_) stretcher_->Stretch(source_.Row(made_), Slot(made_));
    return Slot(y);
  }

 private:
  uint8_t* Slot(int y) { return ring_.data() + static_cast<size_t>(y % keep_) * row_bytes_; }

  const RgbView& source_;
  std::optional<RowStretcher> stretcher_;
  int keep_;
  size_t row_bytes_ = 0;
  int made_ = 0;  // rows below this one have been stretched
  std::vector<uint8_t> ring_;
};

// Without a vertical pass every target row is one stretched row.
void CopyRows(StretchedRows& rows, RgbImage& target) {
  for (int y = 0; y < target.height; ++y) std::memcpy(target.Row(y), rows.Row(y), target.row_bytes());
}

void BlendColumns(StretchedRows& rows, const AxisWeights& axis, RgbImage& target) {
  std::vector<const uint8_t*> window(static_cast<size_t>(axis.stride));
  for (int y = 0; y < target.height; ++y) {
    const auto [first, count] = axis.windows[static_cast<size_t>(y)];
    for (int i = 0; i < count; ++i) window[static_cast<size_t>(i)] = rows.Row(first + i);
    BlendRows(window.data(), axis.Of(y), count, target.row_bytes(), target.Row(y));
  }
}

}  // namespace

Result<RgbImage> Resize(const RgbView& source, int width, int height, manifest::ResizeFilter filter) {
  LOTMARK_ASSIGN_OR_RETURN(RgbImage target, RgbImage::Allocate(width, height));
  std::optional<AxisWeights> across, down;
  if (width != source.width()) across = ComputeWeights(source.width(), width, filter);
  if (height != source.height()) down = ComputeWeights(source.height(), height, filter);
  StretchedRows rows(source, across, down ? down->stride : 1);
  if (down) {
    BlendColumns(rows, *down, target);
  } else {
    CopyRows(rows, target);
  }
  return target;
}

}  // namespace lotmark::image
