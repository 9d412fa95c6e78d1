#include "saving/copy_entry.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/tensor/dtype.h"
#include "core/tensor/tensor.h"

namespace cairn {
namespace {

absl::Status CheckType(const BundleReader& reader, const BundleEntry& entry) {
  if (entry.is_string() || DTypeFromName(entry.dtype_name).has_value()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      reader.prefix(), ": \"", entry.key, "\" is ", entry.dtype_name,
      ", which cannot be copied; delete it, or change the checkpoint where "
      "TensorFlow is"));
}

}  // namespace

absl::Status CopyEntry(const BundleReader& from, const BundleEntry& entry,
                       const std::string& key, BundleWriter& to) {
  CAIRN_RETURN_IF_ERROR(CheckType(from, entry));
  if (!entry.is_string()) {
    CAIRN_ASSIGN_OR_RETURN(const Tensor value, from.ReadTensor(entry));
    return to.AddTensor(key, value);
  }
  if (!entry.shape.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        from.prefix(), ": \"", entry.key, "\" holds strings of shape ",
        ShapeToString(entry.shape), "; only single ones can be copied"));
  }
  CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                         from.ReadStrings(entry));
  return to.AddString(key, texts.at(0));
}

absl::StatusOr<bool> HaveSameValue(const BundleReader& reader,
                                   const BundleEntry& entry,
                                   const BundleReader& other_reader,
                                   const BundleEntry& other) {
  CAIRN_RETURN_IF_ERROR(CheckType(reader, entry));
  if (entry.is_string()) {
    CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                           reader.ReadStrings(entry));
    CAIRN_ASSIGN_OR_RETURN(const std::vector<std::string> others,
                           other_reader.ReadStrings(other));
    return texts == others;
  }
  CAIRN_ASSIGN_OR_RETURN(const Tensor value, reader.ReadTensor(entry));
  CAIRN_ASSIGN_OR_RETURN(const Tensor other_value,
                         other_reader.ReadTensor(other));
  const auto bytes = value.bytes(), other_bytes = other_value.bytes();
  return std::equal(bytes.begin(), bytes.end(), other_bytes.begin(),
                    other_bytes.end());
}

}  // namespace cairn
