#include "saving/lazy_restore.h"

#include "absl/strings/str_cat.h"
#include "core/base/counted_list.h"
#include "core/base/status_macros.h"
#include "saving/stored_objects.h"

namespace cairn {
namespace {

void Append(const std::vector<std::string>& items,
            std::vector<std::string>& list) {
  list.insert(list.end(), items.begin(), items.end());
}

}  // namespace

absl::StatusOr<LazyRestore> LazyRestore::Start(
    const CheckpointContents& contents,
    std::unique_ptr<CheckpointReader> reader) {
  CAIRN_ASSIGN_OR_RETURN(StoredObjects stored,
                         StoredObjects::Read(std::move(reader)));
  auto progress = std::make_shared<RestoreProgress>(std::move(stored));
  std::vector<PlacedObject> objects = PlaceObjects(contents);
  CAIRN_RETURN_IF_ERROR(progress->Start(objects));
  return LazyRestore(std::move(progress), std::move(objects));
}

RestoreReport LazyRestore::report() const {
  return progress_->Report(*objects_);
}

std::vector<std::string> LazyRestore::waiting() const {
  return progress_->Waiting(*objects_);
}

absl::Status LazyRestore::AssertExistingObjectsMatched() const {
  progress_->Expect();
  std::vector<std::string> missing = progress_->Missing(*objects_);
  Append(progress_->MissingStates(*objects_), missing);
  if (missing.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("without a value in the file ", CountedList(missing)));
}

absl::Status LazyRestore::AssertConsumed() const {
  CAIRN_RETURN_IF_ERROR(AssertExistingObjectsMatched());
  const std::vector<std::string> waiting = progress_->Waiting(*objects_);
  if (!waiting.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "values wait for what is not built yet ", CountedList(waiting)));
  }
  std::vector<std::string> extra = progress_->Extra(*objects_);
  Append(progress_->UnusedStates(), extra);
  if (extra.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("values that nothing here takes ", CountedList(extra)));
}

const LazyRestore& LazyRestore::ExpectPartial() const {
  progress_->Expect();
  return *this;
}

}  // namespace cairn
