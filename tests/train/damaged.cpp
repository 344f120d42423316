// SPDX-License-Identifier: Apache-2.0
// A damaged checkpoint is always an error, never a crash and never a model: each byte flipped; and, with a
// digest made again, each number of state and settings replaced, each key removed, each tensor of another
// shape. The pipeline is a user's.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <coco/host/host.hpp>
#include <coco/serve/load.hpp>
#include <coco/train/checkpoint.hpp>

#include "backbone/user_gru.hpp"
#include "io/support.hpp"

using namespace coco;

namespace {

using Small = SequentialRecommender<user::Gru>;

/// A trained shop of five items, in a file of a few kilobytes.
struct Damaged {
    support::Folder folder;
    data::Catalogue catalogue;
    data::Split split;
    TrainConfig<Small> config;
    std::filesystem::path path = folder / "small.coco", broken = folder / "broken.coco";
    std::shared_ptr<Host> on = std::make_shared<Host>(1);

    Damaged() {
        for (const char* key : {"a", "b", "c", "d", "e"}) catalogue.add(key);
        data::Interactions all;
        for (Id user = 0; user < 6; ++user)
            all.add(std::vector<Id>{user % 5, (user + 1) % 5, (user + 2) % 5, (user + 3) % 5});
        split = data::leave_one_out(all);
        config.model.behaviour.backbone = {2, 4, 0.1};
        config.sampling.window = 4;
        config.schedule.epochs = 2;
        config.schedule.joint_epochs = 0;
        config.schedule.batch.samples = 4;
        Trainer<Small, Host> trainer(config, catalogue, on);
        // Within the second epoch, so that the state has a position.
        trainer.fit(split.train, split.valid, [](const Progress& p) {
            return !(p.epoch == 2 && p.kind == Progress::Kind::step && p.done == 1);
        });
        save(path, trainer);
    }

    /// What goes wrong where the file is resumed or loaded; empty where nothing does.
    std::string resumed(const std::filesystem::path& file) const {
        Trainer<Small, Host> trainer(config, catalogue, on);
        return problem([&] { resume(file, trainer); });
    }
    std::string loaded(const std::filesystem::path& file) const {
        return problem([&] { load<Small, Host>(file, llm::TextModel{}, &catalogue, on); });
    }
    static std::string problem(const std::function<void()>& act) {
        try {
            act();
        } catch (const Error& error) {
            return error.what();
        }
        return {};
    }

    /// A copy under a digest of its own, with changed metadata and tensors.
    using Metadata = std::map<std::string, std::string, std::less<>>;
    using Tensors = std::map<std::string, io::Safetensors::Tensor, std::less<>>;
    void rewrite(const std::function<void(Metadata&, Tensors&)>& change) const {
        const io::Safetensors file(path);
        Metadata metadata = file.metadata();
        Tensors tensors = file.tensors();
        change(metadata, tensors);
        io::SafetensorsWriter out;
        for (const auto& [key, value] : metadata) out.metadata(key, value);
        if (metadata.contains("digest")) out.seal();
        for (const auto& [name, t] : tensors) out.add(name, t.dtype, t.shape, t.bytes);
        out.write(broken);
    }
    void rewrite(const std::string& key, const Json& json, const std::string& number = {}) const {
        rewrite([&](Metadata& metadata, Tensors&) {
            std::string text = json.dump();
            if (const std::size_t at = text.find("\"HERE\""); at != text.npos) text.replace(at, 6, number);
            metadata[key] = text;
        });
    }
};

/// Pointers to every value below `json`, objects and lists included.
void pointers(const Json& json, const Json::json_pointer& at, std::vector<Json::json_pointer>& out) {
    if (!at.empty()) out.push_back(at);
    if (json.is_object())
        for (const auto& [key, value] : json.items()) pointers(value, at / key, out);
    else if (json.is_array())
        for (std::size_t i = 0; i < json.size(); ++i) pointers(json[i], at / i, out);
}

}  // namespace

TEST_CASE("checkpoint: each byte flipped is an error", "[checkpoint]") {
    const Damaged d;
    REQUIRE(d.resumed(d.path).empty());
    REQUIRE(d.loaded(d.path).empty());
    const std::string whole = support::slurp(d.path);
    REQUIRE(whole.size() <= 8192);
    for (std::size_t i = 0; i < whole.size(); ++i) {
        std::string flipped = whole;
        flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
        support::write(d.broken, flipped);
        INFO("byte " << i << ", '" << whole[i] << "'");
        if (i % 2 == 0)
            REQUIRE(!d.resumed(d.broken).empty());
        else
            REQUIRE(!d.loaded(d.broken).empty());
    }
}

TEST_CASE("checkpoint: each number of settings and state replaced, each key removed", "[checkpoint]") {
    const Damaged d;
    const io::Safetensors file(d.path);
    for (const char* const key : {"settings", "state"}) {
        const Json whole = Json::parse(file.metadata(key));
        d.rewrite(key, whole);
        REQUIRE(d.resumed(d.broken).empty());
        REQUIRE(d.loaded(d.broken).empty());
        std::vector<Json::json_pointer> all;
        pointers(whole, Json::json_pointer(), all);
        std::size_t numbers = 0;
        for (const Json::json_pointer& at : all) {
            INFO(key << at.to_string());
            if (whole[at].is_number()) {
                ++numbers;
                for (const char* const number : {"-1", "2147483648", "NaN", "null", "0.5e400"}) {
                    INFO(number);
                    if (whole[at] == -1 && number == std::string("-1")) continue;  // it is the number
                    Json changed = whole;
                    changed[at] = "HERE";
                    d.rewrite(key, changed, number);
                    const std::string resumed = d.resumed(d.broken), loaded = d.loaded(d.broken);
                    CHECK_THAT(resumed, Catch::Contains("broken.coco: ") && Catch::Contains(key));
                    // A file with another seed is the file of another run; only `resume` knows the run.
                    if (at.to_string() != "/schedule/seed" || number != std::string("2147483648"))
                        CHECK_THAT(loaded, Catch::Contains("broken.coco: ") && Catch::Contains(key));
                }
            }
            if (whole[at.parent_pointer()].is_object()) {
                Json changed = whole;
                changed[at.parent_pointer()].erase(at.back());
                d.rewrite(key, changed);
                CHECK_THAT(d.resumed(d.broken),
                           Catch::Contains("." + at.back()) && Catch::Contains("missing"));
                CHECK(!d.loaded(d.broken).empty());
            }
            if (whole[at].is_object()) {
                Json changed = whole;
                changed[at]["more"] = 1;
                d.rewrite(key, changed);
                CHECK_THAT(d.loaded(d.broken), Catch::Contains(".more: unknown"));
            }
        }
        CHECK(numbers > 10);
        d.rewrite(key, Json::array());
        CHECK(!d.resumed(d.broken).empty());
    }
}

TEST_CASE("checkpoint: each entry of the metadata removed, each tensor removed or of another shape",
          "[checkpoint]") {
    const Damaged d;
    const io::Safetensors file(d.path);
    const auto both = [&] {
        CHECK(!d.resumed(d.broken).empty());
        CHECK(!d.loaded(d.broken).empty());
    };
    for (const auto& [key, value] : file.metadata()) {
        INFO(key);
        d.rewrite([&, name = key](auto& metadata, auto&) { metadata.erase(name); });
        both();
        // All but the text of what `fit` is given are checked where a file is read.
        if (key == "interactions" || key == "digest") continue;
        d.rewrite([&, name = key](auto& metadata, auto&) { metadata[name] = "{}"; });
        both();
    }
    d.rewrite([](auto& metadata, auto&) { metadata["more"] = ""; });
    CHECK_THAT(d.loaded(d.broken), Catch::Contains("more: unknown"));
    for (const auto& [name, tensor] : file.tensors()) {
        INFO(name);
        d.rewrite([&, it = name](auto&, auto& tensors) { tensors.erase(it); });
        both();
        d.rewrite([&, it = name](auto&, auto& tensors) { tensors[it].shape.push_back(1); });
        both();
        d.rewrite([&, it = name](auto&, auto& tensors) {
            // A row instead of a column, or a column instead of a row.
            auto& t = tensors[it];
            const Index numbers = static_cast<Index>(t.bytes.size() / io::layout_of(t.dtype).bytes);
            t.shape = t.shape[0] == 1 ? io::Shape{numbers, 1} : io::Shape{1, numbers};
        });
        if (io::Safetensors(d.broken).tensor(name).shape != tensor.shape) both();
        // One number that is none, and for second moments and steps a negative one.
        for (const double wrong : {std::nan(""), -1.0}) {
            if (wrong < 0 && name.substr(0, 6) != "second" && name != "optimizer.steps") continue;
            std::vector<std::byte> bytes(tensor.bytes.begin(), tensor.bytes.end());
            const float number = static_cast<float>(wrong);
            const std::int64_t step = -1;
            if (tensor.dtype == io::Dtype::f32)
                std::memcpy(bytes.data(), &number, sizeof number);
            else
                std::memcpy(bytes.data(), &step, sizeof step);
            d.rewrite([&, it = name](auto&, auto& tensors) { tensors[it].bytes = bytes; });
            both();
        }
        d.rewrite([&](auto&, auto& tensors) { tensors["values.more"] = tensor; });
        CHECK_THAT(d.loaded(d.broken), Catch::Contains("values.more: unknown tensor"));
    }
}

TEST_CASE("checkpoint: numbers that contradict each other, and other interactions", "[checkpoint]") {
    const Damaged d;
    const Json whole = Json::parse(io::Safetensors(d.path).metadata("state"));
    const auto changed = [&](const char* at, const Json& to, const char* expected) {
        Json json = whole;
        json[Json::json_pointer(at)] = to;
        d.rewrite("state", json);
        CHECK_THAT(d.loaded(d.broken), Catch::Contains(expected));
    };
    changed("/step", whole["step"].get<int>() + 1, "state.phase_step");
    changed("/batch", 0, "state.vitals.ledger");
    changed("/best/0/score", 0.99, "state.best[0].score");
    changed("/best/0/epoch", 7, "state.best[0].epoch");
    changed("/vitals/steps", 2, "state.vitals.steps");
    changed("/vitals/ledger/0", 0.5, "state.vitals.ledger[0]");
    changed("/phase", "other", "state.phase: no stage of this schedule: expected one of behaviour, joint");
    changed("/vitals/ledger", Json::array(), "state.vitals.ledger: wrong length");

    Trainer<Small, Host> trainer(d.config, d.catalogue, d.on);
    resume(d.path, trainer);
    data::Interactions others;
    for (Id user = 0; user < 6; ++user) others.add(std::vector<Id>{0, 1, 2, 3});
    const data::Split split = data::leave_one_out(others);
    CHECK_THROWS_WITH(trainer.fit(split.train, split.valid), Catch::Contains("interactions: not those with"));
    CHECK(trainer.fit(d.split.train, d.split.valid));
}
