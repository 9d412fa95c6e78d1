#include "callbacks/retention.h"

#include <algorithm>
#include <cmath>

namespace cairn {
namespace {

// The places of those with a value, the best first and of equals the older.
std::vector<size_t> RankByValue(absl::Span<const KeptCheckpoint> kept,
                                bool larger_is_better) {
  std::vector<size_t> ranked;
  for (size_t i = 0; i < kept.size(); ++i) {
    if (!std::isnan(kept[i].value)) ranked.push_back(i);
  }
  std::stable_sort(ranked.begin(), ranked.end(), [&](size_t a, size_t b) {
    return larger_is_better ? kept[a].value > kept[b].value
                            : kept[a].value < kept[b].value;
  });
  return ranked;
}

}  // namespace

std::vector<bool> ChooseKept(absl::Span<const KeptCheckpoint> kept,
                             const Retention& retention) {
  std::vector<bool> stays(kept.size(), retention.last == 0);
  // Whatever the rules say, the newest stays: it is what a run goes on from.
  if (!kept.empty()) stays.back() = true;
  const size_t last = static_cast<size_t>(std::max<int64_t>(retention.last, 0));
  for (size_t i = kept.size() - std::min(last, kept.size()); i < kept.size();
       ++i) {
    stays[i] = true;
  }
  const std::vector<size_t> ranked =
      RankByValue(kept, retention.larger_is_better);
  for (size_t i = 0; i < ranked.size(); ++i) {
    if (static_cast<int64_t>(i) < retention.best) stays[ranked[i]] = true;
  }
  double preserved = 0;
  for (size_t i = 0; i < kept.size(); ++i) {
    const KeptCheckpoint& one = kept[i];
    if (retention.every_epochs > 0 && one.epoch > 0 &&
        one.epoch % retention.every_epochs == 0) {
      stays[i] = true;
    }
    if (retention.every_steps > 0 && one.step % retention.every_steps == 0) {
      stays[i] = true;
    }
    if (retention.one_per_seconds > 0 &&
        (i == 0 || one.time >= preserved + retention.one_per_seconds)) {
      stays[i] = true;
      preserved = one.time;
    }
  }
  return stays;
}

}  // namespace cairn
