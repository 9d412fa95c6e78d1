// All that is read of a checkpoint: objects, configs, states and tensors.
//
// An input is a sequence of entries: a byte for the type of a tensor, the key
// with a length of one byte, and the bytes with one of two. Type 0 is a string.
// Of them a bundle is made whose checksums are right.
#include <cstring>
#include <iterator>
#include <string>

#include "core/base/check.h"
#include "core/training/history.h"
#include "saving/codec/tensor_bundle.h"
#include "saving/format.h"
#include "tests/fuzz/input_parts.h"
#include "tests/fuzz/target.h"
#include "tests/saving/codec/memory_files.h"

namespace cairn {
namespace {

constexpr DType kTypes[] = {DType::kFloat32, DType::kFloat64, DType::kBFloat16,
                            DType::kInt32,   DType::kInt64,   DType::kUInt8,
                            DType::kFloat16, DType::kUInt64};

// A scalar if the bytes are one element, else a list of all that are whole.
Tensor MakeTensor(DType dtype, const std::string& bytes) {
  const size_t count = bytes.size() / ElementSize(dtype);
  Shape shape;
  if (count != 1) shape.push_back(static_cast<int64_t>(count));
  Tensor tensor = Tensor::Zeros({dtype, shape});
  std::memcpy(tensor.mutable_bytes().data(), bytes.data(),
              tensor.bytes().size());
  return tensor;
}

void WriteBundle(absl::string_view input, FileSystem& files) {
  const auto data = files.NewWritableFile("run/x-1.data-00000-of-00001");
  const auto index = files.NewWritableFile("run/x-1.index");
  BundleWriter writer(data->get(), 0, 1);
  for (InputParts parts(input); !parts.empty();) {
    const uint32_t type = parts.Number(1);
    const std::string key = parts.Bytes(1);
    const std::string bytes = parts.Bytes(2);
    // A key that is taken or wrong is left out.
    if (type == 0) {
      writer.AddString(key, bytes).IgnoreError();
    } else {
      writer.AddTensor(key, MakeTensor(kTypes[type % std::size(kTypes)], bytes))
          .IgnoreError();
    }
  }
  CAIRN_CHECK(writer.WriteIndex(index->get()).ok());
}

// What was read can be written, and is then read as the same.
void CheckWrittenAgain(const Snapshot& snapshot) {
  MemoryFiles files;
  const absl::Status written =
      FindFormat("tf_checkpoint")->Write(snapshot, "y", {.files = &files});
  // A snapshot without objects is not written.
  CAIRN_CHECK(written.ok() == !snapshot.objects->nodes.empty());
  if (!written.ok()) return;
  const auto reader = OpenFile(files, "y");
  CAIRN_CHECK(reader.ok());
  CAIRN_CHECK((*reader)->Verify().ok());
  const auto again = ReadAll(**reader, AllParts());
  CAIRN_CHECK(again.ok());
  CAIRN_CHECK(*again->architecture == *snapshot.architecture);
  CAIRN_CHECK(*again->compile == *snapshot.compile);
  CAIRN_CHECK(again->extras.size() == snapshot.extras.size());
}

}  // namespace

bool ReadHostileInput(absl::string_view input) {
  MemoryFiles files;
  WriteBundle(input, files);
  const auto reader = OpenFile(files, "run/x-1");
  if (!reader.ok()) return false;
  CAIRN_CHECK((*reader)->Verify().ok());
  const auto snapshot = ReadAll(**reader, AllParts());
  if (!snapshot.ok()) return false;
  CheckWrittenAgain(*snapshot);
  const auto run = snapshot->extras.find("run");
  if (run == snapshot->extras.end()) return true;
  const auto history = run->second.values.Find("history");
  if (history.ok()) History::FromConfig(**history).IgnoreError();
  return true;
}

}  // namespace cairn
