#include "core/data/readers/mnist.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/status_macros.h"
#include "core/data/readers/idx.h"
#include "core/tensor/dtype.h"
#include "core/tensor/shape.h"

namespace cairn {
namespace {

constexpr int64_t kSide = 28;
constexpr int kClasses = 10;

// A tensor, and the file it is from for messages.
struct PartOfFile {
  std::string path;
  Tensor tensor;
};

absl::StatusOr<PartOfFile> ReadPart(const std::string& folder,
                                    const std::string& stem,
                                    const std::string& kind) {
  const std::vector<std::string> names = {
      absl::StrCat(stem, "-", kind), absl::StrCat(stem, "-", kind, ".gz"),
      absl::StrCat(stem, ".", kind), absl::StrCat(stem, ".", kind, ".gz")};
  for (const std::string& name : names) {
    PartOfFile part = {.path = absl::StrCat(folder, "/", name)};
    absl::StatusOr<Tensor> tensor = ReadIdx(part.path);
    if (absl::IsNotFound(tensor.status())) continue;
    CAIRN_RETURN_IF_ERROR(tensor.status());
    part.tensor = *std::move(tensor);
    return part;
  }
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(folder, ignored);
  return absl::NotFoundError(
      absl::StrCat("no ", names[0], " in the folder \"", folder, "\"",
                   is_folder ? "" : ", which does not exist",
                   "; any of these would do: ", absl::StrJoin(names, ", ")));
}

absl::StatusOr<Tensor> ReadImages(const std::string& folder,
                                  const std::string& stem) {
  CAIRN_ASSIGN_OR_RETURN(const PartOfFile part,
                         ReadPart(folder, stem, "idx3-ubyte"));
  const TensorSpec& spec = part.tensor.spec();
  if (spec.dtype != DType::kUInt8 || spec.shape.size() != 3 ||
      spec.shape[0] == 0 || spec.shape[1] != kSide || spec.shape[2] != kSide) {
    return absl::InvalidArgumentError(
        absl::StrCat(part.path, ": expected images, uint8 (rows, 28, 28), got ",
                     SpecToString(spec)));
  }
  return part.tensor;
}

absl::StatusOr<Tensor> ReadLabels(const std::string& folder,
                                  const std::string& stem, int64_t images) {
  CAIRN_ASSIGN_OR_RETURN(const PartOfFile part,
                         ReadPart(folder, stem, "idx1-ubyte"));
  const TensorSpec& spec = part.tensor.spec();
  if (spec.dtype != DType::kUInt8 || spec.shape.size() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(part.path, ": expected labels, uint8 (rows,), got ",
                     SpecToString(spec)));
  }
  if (spec.shape[0] != images) {
    return absl::InvalidArgumentError(
        absl::StrCat(part.path, ": there are ", spec.shape[0], " labels for ",
                     images, " images"));
  }
  const absl::Span<const uint8_t> labels = part.tensor.values<uint8_t>();
  for (size_t row = 0; row < labels.size(); ++row) {
    if (labels[row] >= kClasses) {
      return absl::InvalidArgumentError(absl::StrCat(part.path, ": label ", row,
                                                     " is ", labels[row],
                                                     "; digits are 0 to 9"));
    }
  }
  return part.tensor;
}

}  // namespace

absl::StatusOr<Mnist> LoadMnist(const std::string& folder) {
  Mnist mnist;
  CAIRN_ASSIGN_OR_RETURN(mnist.train_images,
                         ReadImages(folder, "train-images"));
  CAIRN_ASSIGN_OR_RETURN(
      mnist.train_labels,
      ReadLabels(folder, "train-labels", mnist.train_images.shape()[0]));
  CAIRN_ASSIGN_OR_RETURN(mnist.test_images, ReadImages(folder, "t10k-images"));
  CAIRN_ASSIGN_OR_RETURN(
      mnist.test_labels,
      ReadLabels(folder, "t10k-labels", mnist.test_images.shape()[0]));
  return mnist;
}

}  // namespace cairn
