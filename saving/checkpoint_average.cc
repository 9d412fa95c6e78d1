#include "saving/checkpoint_average.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "core/base/status_macros.h"
#include "core/tensor/element_types.h"
#include "core/tensor/tensor.h"
#include "saving/copy_entry.h"
#include "saving/named_checkpoint.h"
#include "saving/write_bundle.h"

namespace cairn {
namespace {

std::string SpecText(const BundleEntry& entry) {
  return absl::StrCat(entry.dtype_name, " ", ShapeToString(entry.shape));
}

absl::Status CheckAlike(const BundleReader& first, const BundleReader& other) {
  const auto lacks = [](const BundleReader& one, const std::string& key,
                        const BundleReader& has) {
    return absl::InvalidArgumentError(
        absl::StrCat(one.prefix(), " has no \"", key, "\", and ", has.prefix(),
                     " has; only checkpoints of one model can be averaged"));
  };
  for (const BundleEntry& entry : first.entries()) {
    const BundleEntry* const found = other.Find(entry.key);
    if (found == nullptr) return lacks(other, entry.key, first);
    if (found->dtype_number != entry.dtype_number ||
        found->shape != entry.shape) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", entry.key, "\" is ", SpecText(entry), " in ", first.prefix(),
          " and ", SpecText(*found), " in ", other.prefix()));
    }
  }
  for (const BundleEntry& entry : other.entries()) {
    if (first.Find(entry.key) == nullptr) return lacks(first, entry.key, other);
  }
  return absl::OkStatus();
}

template <typename T>
void AddElements(const Tensor& value, std::vector<double>& sums) {
  const absl::Span<const T> elements = ElementsOf<T>(value);
  for (size_t i = 0; i < elements.size(); ++i) {
    sums[i] += ElementToDouble(elements[i]);
  }
}

template <typename T>
void SetMeans(const std::vector<double>& sums, double count, Tensor& mean) {
  const absl::Span<T> elements = MutableElementsOf<T>(mean);
  for (size_t i = 0; i < elements.size(); ++i) {
    elements[i] = ElementFromDouble<T>(sums[i] / count);
  }
}

class Average {
 public:
  explicit Average(
      const std::vector<std::unique_ptr<NamedCheckpoint>>& checkpoints)
      : checkpoints_(checkpoints), last_(checkpoints.back()->bundle()) {}

  absl::Status AddAll(BundleWriter& writer) {
    report_ = AverageReport();
    for (const BundleEntry& entry : last_.entries()) {
      const auto dtype = DTypeFromName(entry.dtype_name);
      if (dtype.has_value() && IsFloating(*dtype)) {
        CAIRN_RETURN_IF_ERROR(AddMean(entry, *dtype, writer));
      } else {
        CAIRN_RETURN_IF_ERROR(CompareWithLast(entry));
        CAIRN_RETURN_IF_ERROR(CopyEntry(last_, entry, entry.key, writer));
      }
    }
    return absl::OkStatus();
  }

  AverageReport TakeReport() { return std::move(report_); }

 private:
  absl::Status AddMean(const BundleEntry& entry, DType dtype,
                       BundleWriter& writer) {
    Tensor mean = Tensor::Zeros({dtype, entry.shape});
    std::vector<double> sums(static_cast<size_t>(mean.size()));
    for (const auto& checkpoint : checkpoints_) {
      const BundleReader& bundle = checkpoint->bundle();
      CAIRN_ASSIGN_OR_RETURN(const Tensor value,
                             bundle.ReadTensor(*bundle.Find(entry.key)));
      WithElementType(dtype, [&](auto element) {
        AddElements<decltype(element)>(value, sums);
      });
    }
    WithElementType(dtype, [&](auto element) {
      SetMeans<decltype(element)>(
          sums, static_cast<double>(checkpoints_.size()), mean);
    });
    ++report_.averaged;
    return writer.AddTensor(entry.key, mean);
  }

  absl::Status CompareWithLast(const BundleEntry& entry) {
    bool is_equal = true;
    for (const auto& checkpoint : checkpoints_) {
      const BundleReader& bundle = checkpoint->bundle();
      CAIRN_ASSIGN_OR_RETURN(
          const bool same,
          HaveSameValue(bundle, *bundle.Find(entry.key), last_, entry));
      is_equal &= same;
    }
    if (is_equal) {
      ++report_.equal;
    } else {
      report_.of_last.push_back(entry.key);
    }
    return absl::OkStatus();
  }

  const std::vector<std::unique_ptr<NamedCheckpoint>>& checkpoints_;
  const BundleReader& last_;
  AverageReport report_;
};

}  // namespace

absl::StatusOr<AverageReport> AverageCheckpoints(
    const std::vector<std::string>& paths, const std::string& out,
    const SaveOptions& options) {
  if (paths.empty()) {
    return absl::InvalidArgumentError("there are no checkpoints to average");
  }
  std::vector<std::unique_ptr<NamedCheckpoint>> checkpoints;
  for (const std::string& path : paths) {
    CAIRN_ASSIGN_OR_RETURN(auto checkpoint,
                           NamedCheckpoint::Open(path, *options.files));
    checkpoints.push_back(std::move(checkpoint));
    CAIRN_RETURN_IF_ERROR(CheckAlike(checkpoints.front()->bundle(),
                                     checkpoints.back()->bundle()));
  }
  Average average(checkpoints);
  // The mean has as many as each of them.
  int64_t bytes = 0;
  for (const BundleEntry& entry : checkpoints.back()->bundle().entries()) {
    bytes += entry.size;
  }
  CAIRN_RETURN_IF_ERROR(WriteBundle(
      out, options, bytes,
      [&](BundleWriter& writer) { return average.AddAll(writer); }));
  return average.TakeReport();
}

}  // namespace cairn
