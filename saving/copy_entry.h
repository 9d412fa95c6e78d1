#ifndef CAIRN_SAVING_COPY_ENTRY_H_
#define CAIRN_SAVING_COPY_ENTRY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "saving/codec/tensor_bundle.h"

namespace cairn {

// Adds an entry of one bundle to another under `key`; slices are joined.
// DataLoss if it is damaged; InvalidArgument for what the writer cannot take:
// several strings, and types that Tensor does not have.
absl::Status CopyEntry(const BundleReader& from, const BundleEntry& entry,
                       const std::string& key, BundleWriter& to);

// Whether two entries of one type and shape have the same bytes. Errors as
// CopyEntry().
absl::StatusOr<bool> HaveSameValue(const BundleReader& reader,
                                   const BundleEntry& entry,
                                   const BundleReader& other_reader,
                                   const BundleEntry& other);

}  // namespace cairn

#endif  // CAIRN_SAVING_COPY_ENTRY_H_
