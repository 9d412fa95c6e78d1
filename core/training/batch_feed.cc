#include "core/training/batch_feed.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status_macros.h"
#include "core/data/shuffle.h"
#include "core/data/take.h"

namespace cairn {

bool SameFields(const std::vector<BatchField>& a,
                const std::vector<BatchField>& b, bool with_targets) {
  const auto relevant = [&](const std::vector<BatchField>& fields) {
    std::vector<std::pair<BatchField::Use, TensorSpec>> list;
    for (const BatchField& field : fields) {
      if (with_targets || field.use == BatchField::Use::kInput) {
        list.emplace_back(field.use, field.spec);
      }
    }
    return list;
  };
  return relevant(a) == relevant(b);
}

std::string FieldsToString(const std::vector<BatchField>& fields) {
  std::vector<std::string> texts;
  for (const BatchField& field : fields) {
    const bool is_input = field.use == BatchField::Use::kInput;
    texts.push_back(absl::StrCat(is_input ? "input " : "target ",
                                 SpecToString(field.spec)));
  }
  return absl::StrJoin(texts, ", ");
}

absl::StatusOr<BatchFeed> BatchFeed::Create(const Batches& data,
                                            const FeedOptions& options) {
  BatchFeed feed;
  if (data.empty()) {
    return absl::InvalidArgumentError("no data was given");
  }
  if (data.source() != nullptr) {
    feed.source_ = data.source();
    return feed;
  }
  if (options.batch_size <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("batch_size must be positive, got ", options.batch_size));
  }
  CAIRN_ASSIGN_OR_RETURN(SamplesPointer samples, data.samples());
  if (options.end >= 0) {
    samples = Skip(Take(std::move(samples), options.end), options.begin);
  }
  if (samples->size() == 0) {
    return absl::InvalidArgumentError("the data has no samples");
  }
  if (options.shuffle_seed.has_value()) {
    samples = Shuffle(std::move(samples), *options.shuffle_seed);
  }
  feed.samples_ = samples->size();
  // No memory is made for more than there is.
  const int64_t rows = std::min(options.batch_size, samples->size());
  feed.owned_ = Batch(std::move(samples), rows);
  feed.source_ = feed.owned_.get();
  return feed;
}

}  // namespace cairn
