#ifndef CAIRN_SAVING_CODEC_TENSOR_BUNDLE_H_
#define CAIRN_SAVING_CODEC_TENSOR_BUNDLE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "core/base/text_pool.h"
#include "core/io/file_system.h"
#include "core/tensor/tensor.h"
#include "saving/codec/string_elements.h"

namespace cairn {

// TensorFlow's tensor bundle: tensors under names, in data files
// "<prefix>.data-00000-of-00001" with an index "<prefix>.index", which is a
// leveldb table of protos. docs/formats/tf_checkpoint.md draws the layout.

// "<prefix>.index".
std::string BundleIndexPath(absl::string_view prefix);
// "<prefix>.data-00000-of-00002". REQUIRES: 0 <= shard < shard_count <= 99999.
std::string BundleDataPath(absl::string_view prefix, int shard,
                           int shard_count);

// What the index says of one entry.
struct BundleEntry {
  std::string key;
  // TensorFlow's number and name of the type, 1 and "float32"; its names are
  // numpy's for the types that Tensor has, "string" for strings.
  int dtype_number = 0;
  std::string dtype_name;
  Shape shape;
  int shard = 0;
  int64_t offset = 0;
  int64_t size = 0;         // Bytes in the data file, of all slices.
  uint32_t masked_crc = 0;  // As stored.
  // It is the record of a tensor that lies in slices under keys of their own.
  bool is_sliced = false;

  bool is_string() const { return dtype_number == 7; }
};

// Writes a bundle's entries into its data files. Keeps of each entry what the
// index needs. Into one data file they are written once there are some
// megabytes or hundreds of them, and by WriteIndex(). Of several up to four are
// written at the same time, when they are full or by WriteIndex(). Tensors
// share their memory with the caller's until then.
class BundleWriter {
 public:
  // `data` is not owned: data file `shard` of `shard_count`.
  BundleWriter(WritableFile* data, int shard, int shard_count);
  // Files are not owned, and are data files 0, 1 and so on of `shard_count`;
  // the others stay empty. An entry goes into the next file once `shard_bytes`
  // lie in one; the last takes what is left. REQUIRES: there is a file.
  BundleWriter(const std::vector<WritableFile*>& data, int64_t shard_bytes,
               int shard_count);

  // Adds `value`'s bytes. AlreadyExists if the key is taken, InvalidArgument if
  // it is empty or begins with a zero byte, as the keys of the index itself.
  // An error of a file may come from a later call.
  absl::Status AddTensor(absl::string_view key, const Tensor& value);
  // Adds a scalar string tensor, likewise.
  absl::Status AddString(absl::string_view key, absl::string_view value);
  // The same of a string that was encoded before, and is kept until it is
  // written. REQUIRES: it is one string.
  absl::Status AddEncodedString(absl::string_view key,
                                std::shared_ptr<const EncodedStrings> value);
  // Writes the index, with its entries sorted by key. Called last.
  absl::Status WriteIndex(WritableFile* index);

 private:
  // One that is still to be written.
  struct Pending {
    size_t entry = 0;  // Its place among the entries.
    int dtype_number = 0;
    Tensor value;  // If it is no string.
    std::shared_ptr<const EncodedStrings> strings;
    absl::Span<const std::byte> bytes() const;
    uint32_t crc = 0;  // Known once it is written.
    int64_t offset = 0;
    int64_t padding = 0;  // Bytes in front of it.
  };
  // A data file, and what of it is still to be written.
  struct Shard {
    absl::Status Write();
    absl::Status Flush();

    WritableFile* file = nullptr;
    std::vector<Pending> pending;
    // Small values, gathered so that each does not cost a call.
    std::vector<std::byte> gathered;
    int64_t bytes = 0;  // With those pending.
  };

  absl::Status Add(absl::string_view key, Pending entry);
  // Writes all that is pending.
  absl::Status WritePending();

  std::vector<Shard> shards_;
  const int first_shard_, shard_count_;
  const int64_t shard_bytes_;
  size_t next_ = 0;     // The shard of the next entry.
  size_t written_ = 0;  // The first shard that has, or may get, something
                        // pending.
  int64_t pending_bytes_ = 0;
  // Keys, and serialized BundleEntryProtos, which are empty while they are
  // pending.
  std::vector<std::pair<absl::string_view, absl::string_view>> entries_;
  absl::flat_hash_set<absl::string_view> keys_;  // The same.
  TextPool texts_;                               // What both lead to.
};

// Bytes of a data file that no entry has, less than a page and followed by one.
struct BundleGap {
  int shard = 0;
  int64_t offset = 0;
  int64_t size = 0;
};

// Reads a bundle. The index is read and checked at once, values on demand.
// Files are not trusted: a damaged or hostile one gives DataLoss with the file
// and what is wrong, and no length in it is believed beyond what the files
// hold. Thread-safe.
class BundleReader {
 public:
  // NotFound with the files looked for if there is no index or a data file that
  // an entry lies in is missing.
  static absl::StatusOr<std::unique_ptr<BundleReader>> Open(
      FileSystem& files, const std::string& prefix);

  const std::string& prefix() const { return prefix_; }
  int shard_count() const { return shard_count_; }
  // Sorted by key.
  absl::Span<const BundleEntry> entries() const { return entries_; }
  // Null if there is none.
  const BundleEntry* Find(absl::string_view key) const;

  // The value, its checksum tested: DataLoss with key and data file if that is
  // wrong. Unimplemented for types that Tensor does not have and for strings.
  absl::StatusOr<Tensor> ReadTensor(const BundleEntry& entry) const;
  // The same into memory that is there. REQUIRES: it is as large.
  absl::Status ReadTensorInto(const BundleEntry& entry,
                              absl::Span<std::byte> bytes) const;
  // The elements of a string tensor in row-major order, likewise tested.
  absl::StatusOr<std::vector<std::string>> ReadStrings(
      const BundleEntry& entry) const;
  // Tests the checksum of an entry of any type without keeping its value.
  absl::Status Verify(const BundleEntry& entry) const;
  // Those of several, which threads share if they are megabytes. Of several
  // errors it is one.
  absl::Status VerifyAll(absl::Span<const BundleEntry* const> entries) const;
  // What lies between entries, so that large ones begin on a page.
  std::vector<BundleGap> gaps() const;
  // DataLoss if it is not all zeros.
  absl::Status VerifyGap(const BundleGap& gap) const;
  // Whether a tensor's bytes are in the file as they are in memory and may be
  // of any value: it is not in slices, nor of strings or truths, nor of another
  // byte order.
  bool IsPlain(const BundleEntry& entry) const;
  // The bytes of a part of an entry from `offset` on, which are not tested.
  // REQUIRES: IsPlain(entry), and it has them.
  absl::Status ReadPart(const BundleEntry& entry, int64_t offset,
                        absl::Span<std::byte> destination) const;

 private:
  // A part of a tensor that lies in slices: where it begins in each dimension,
  // and its own record.
  struct Slice {
    Shape start;
    BundleEntry entry;
  };

  BundleReader() = default;

  absl::Status ReadEntries(FileSystem& files);
  // `table` is the whole index.
  absl::Status AddEntry(
      const std::vector<std::pair<std::string, std::string>>& table,
      const std::string& key, const std::string& value);
  absl::Status OpenDataFiles(FileSystem& files);
  // Unimplemented for types that Tensor does not have.
  absl::StatusOr<TensorSpec> SpecOf(const BundleEntry& entry) const;
  absl::StatusOr<Tensor> ReadSlices(const BundleEntry& entry,
                                    const TensorSpec& spec) const;
  // Reads and tests an entry, not in slices.
  absl::Status ReadTested(const BundleEntry& entry,
                          absl::Span<std::byte> bytes) const;
  // The bytes of a string or variant tensor.
  absl::StatusOr<std::string> ReadBytes(const BundleEntry& entry) const;
  // Whether its bytes have one checksum, that of all of them in their order.
  static bool HasPlainCrc(const BundleEntry& entry);
  // The checksum of some of its bytes. REQUIRES: it has them.
  absl::StatusOr<uint32_t> ComputeCrc(const BundleEntry& entry, int64_t begin,
                                      int64_t size) const;
  absl::Status CheckCrc(const BundleEntry& entry, uint32_t crc) const;
  // What an error about an entry begins with: its key and data file.
  std::string NameOf(const BundleEntry& entry) const;

  std::string prefix_;
  int shard_count_ = 0;
  bool big_endian_ = false;
  std::vector<BundleEntry> entries_;
  // By the key of the whole tensor.
  std::map<std::string, std::vector<Slice>> slices_;
  // By shard; null for one that no entry lies in.
  std::vector<std::unique_ptr<RandomAccessFile>> data_;
};

}  // namespace cairn

#endif  // CAIRN_SAVING_CODEC_TENSOR_BUNDLE_H_
