// SPDX-License-Identifier: Apache-2.0
// Every setting at and beyond each end of its range, where settings are checked and where a checkpoint is
// read; and the pipeline that a checkpoint belongs to.
#include <catch2/catch.hpp>
#include <clocale>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <locale>
#include <string>
#include <vector>

#include <coco/host/host.hpp>
#include <coco/loss/sampled_softmax.hpp>
#include <coco/prompt/static.hpp>
#include <coco/serve/load.hpp>
#include <coco/serve/save_weights.hpp>
#include <coco/train/checkpoint.hpp>

#include "backbone/user_gru.hpp"
#include "io/support.hpp"
#include "small_shop.hpp"

using namespace coco;
using test::Plain;
using test::Shop;
using test::SmallShop;

namespace {

using Kind = SettingRef::Kind;

/// The numbers among settings, with their paths.
void numbers_in(const std::vector<SettingRef>& all, const std::string& path,
                std::vector<std::pair<std::string, SettingRef>>& out) {
    for (const SettingRef& s : all) {
        const std::string where = path + "." + s.name;
        if (s.kind == Kind::group) numbers_in(s.children, where, out);
        if (s.kind == Kind::integer || s.kind == Kind::natural || s.kind == Kind::real)
            out.emplace_back(where, s);
    }
}

double value_of(const SettingRef& s) {
    return s.kind == Kind::real      ? s.real()
           : s.kind == Kind::natural ? static_cast<double>(s.natural())
                                     : static_cast<double>(s.integer());
}
void set(const SettingRef& s, double value) {
    if (s.kind == Kind::real)
        s.set_real(value);
    else if (s.kind == Kind::natural)
        s.set_natural(static_cast<std::uint64_t>(value));
    else
        s.set_integer(static_cast<std::int64_t>(value));
}

std::string problem_of(const std::vector<SettingRef>& all) {
    try {
        check_settings(all, "settings");
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("settings: each number at and beyond each end of its range", "[settings]") {
    auto config = test::small_config<Shop>();
    const std::vector<SettingRef> all = settings_list(config);
    std::vector<std::pair<std::string, SettingRef>> numbers;
    numbers_in(all, "settings", numbers);
    REQUIRE(numbers.size() == 49);
    REQUIRE(problem_of(all).empty());
    const double infinity = std::numeric_limits<double>::infinity();
    for (const auto& [path, s] : numbers) {
        INFO(path);
        const double before = value_of(s);
        const bool real = s.kind == Kind::real;
        const auto refused = [&](double value) {
            set(s, value);
            INFO(value);
            CHECK_THAT(problem_of(all),
                       Catch::Contains(path + ": out of range: expected ") && Catch::Contains(", found "));
            // The same number in a file.
            auto other = test::small_config<Shop>();
            Json json = json_of(all);
            if (std::isfinite(value))
                CHECK_THROWS_WITH(read_settings(json, other, "settings"), Catch::Contains(path + ": "));
        };
        const auto taken = [&](double value) {
            set(s, value);
            CHECK(problem_of(all).empty());
            auto other = test::small_config<Shop>();
            read_settings(json_of(all), other, "settings");
            CHECK(settings_of(other) == json_of(all));
        };
        const Range& range = s.range;
        if (s.kind == Kind::natural) {
            taken(0);
            taken(18446744073709549568.0);
        } else {
            const double below = real ? std::nextafter(range.least, -infinity) : range.least - 1;
            const double above = real ? std::nextafter(range.most, infinity) : range.most + 1;
            refused(below);
            refused(above);
            refused(real ? -infinity : -9e18);
            refused(real ? infinity : 9e18);
            if (real) refused(std::nan(""));
            range.above ? refused(range.least) : taken(range.least);
            range.below ? refused(range.most) : taken(range.most);
            if (range.above) taken(real ? std::nextafter(range.least, infinity) : range.least + 1);
            if (range.below) taken(std::nextafter(range.most, -infinity));
        }
        set(s, before);
    }
}

TEST_CASE("settings: a trainer takes no setting that is out of range", "[settings]") {
    const SmallShop shop(20);
    auto config = test::small_config<Plain>();
    std::vector<std::pair<std::string, SettingRef>> numbers;
    numbers_in(settings_list(config), "", numbers);
    for (const auto& [path, s] : numbers) {
        if (s.kind == Kind::natural || path.substr(0, 6) == ".words") continue;
        const double before = value_of(s);
        for (const double wrong : {s.range.least - 1, s.kind == Kind::real ? std::nan("") : -5.0}) {
            INFO(path << " = " << wrong);
            set(s, wrong);
            CHECK_THROWS_WITH(
                (Trainer<Plain, Host>(config, shop.data.catalogue)),
                Catch::Contains(s.name + ": out of range: expected ") && Catch::Contains(", found "));
        }
        set(s, before);
    }
}

TEST_CASE("settings: a checkpoint of another pipeline is refused by the part's name", "[settings]") {
    const SmallShop shop(20);
    const support::Folder folder;
    auto config = test::small_config<Plain>();
    config.schedule.epochs = 1;
    config.schedule.joint_epochs = 0;
    Trainer<Plain, Host> trainer(config, shop.data.catalogue);
    trainer.fit(shop.split.train, shop.split.valid);
    save(folder / "plain.coco", trainer);
    CHECK_THROWS_WITH((load<SequentialRecommender<user::Gru>, Host>(folder / "plain.coco")),
                      Catch::Contains("plain.coco: parts.backbone: made by another pipeline: expected ") &&
                          Catch::Contains("user::Gru, found \"coco::backbone::SASRec\""));
    CHECK(config.sampling.samples == Samples::by_data);
    CHECK(trainer.config().sampling.samples == Samples::prefixes);

    Trainer<Shop, Host> coco(test::small_config<Shop>(), shop.data.catalogue, shop.language);
    save(folder / "coco.coco", coco);
    const CheckpointFile file(folder / "coco.coco");
    CHECK(file.sealed());
    CHECK(settings_of(checkpoint::config_of<Shop>(file)) == settings_of(coco.config()));
    using Soft = BasicPipeline<backbone::SASRec, items::Table, prompt::Static, llm::Decoder<>,
                               decoupler::CrossAttention, aligner::CrossAttention, adapter::LoRA>;
    CHECK_THROWS_WITH(checkpoint::config_of<Soft>(file),
                      Catch::Contains("coco.coco: parts.prompt: made by another pipeline: expected "
                                      "coco::prompt::Static, found \"coco::prompt::VqCodebook\""));
    CHECK_THROWS_WITH(checkpoint::config_of<Plain>(file), Catch::Contains("parts.adapter"));
    CHECK_THROWS_WITH((load<Plain, Host>(folder / "coco.coco")), Catch::Contains("another language model"));

    // Heads that are another's: what `resume` must not take.
    auto other = config;
    other.model.behaviour.backbone.encoder.heads = 4;
    Trainer<Plain, Host> stranger(other, shop.data.catalogue);
    CHECK_THROWS_WITH(
        resume(folder / "plain.coco", stranger),
        Catch::Contains("settings.backbone.encoder.heads: made with another setting: expected 4, "
                        "found 2"));
}

TEST_CASE("settings: the first schema is read, and has neither digest nor interactions", "[settings]") {
    const CheckpointFile file(COCO_TEST_DIR "/fixtures/twenty_steps.coco");
    CHECK(!file.sealed());
    CHECK(file.interactions().empty());
    const auto config = checkpoint::config_of<Shop>(file);
    CHECK(config.model.prompt.max_codes == 30);
    CHECK(config.model.behaviour.backbone.form == backbone::SASRecForm::s3rec);
    CHECK(config.sampling.samples == Samples::prefixes);
    CHECK(file.state().step == 20);
}

namespace {

/// A locale that writes 1.234,5.
struct Commas : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
};

}  // namespace

TEST_CASE("settings: files do not depend on the locale; weights by themselves", "[settings]") {
    const SmallShop shop(20);
    const support::Folder folder;
    auto config = test::small_config<Plain>();
    config.schedule.epochs = 1;
    config.schedule.joint_epochs = 0;
    config.schedule.rate = 1.25e-3;
    Trainer<Plain, Host> trainer(config, shop.data.catalogue);
    trainer.fit(shop.split.train, shop.split.valid);
    save(folder / "before.coco", trainer);
    const std::locale old = std::locale::global(std::locale(std::locale::classic(), new Commas));
    std::setlocale(LC_NUMERIC, "de_DE.UTF-8");  // where there is one
    save(folder / "after.coco", trainer);
    const auto trained = load<Plain, Host>(folder / "before.coco", shop.language, &shop.data.catalogue);
    auto other = config;
    other.schedule.rate = 1500.5;
    std::string message;
    try {
        Trainer<Plain, Host> refused(other, shop.data.catalogue);
    } catch (const Error& error) {
        message = error.what();
    }
    std::locale::global(old);
    std::setlocale(LC_NUMERIC, "C");
    CHECK(support::slurp(folder / "before.coco") == support::slurp(folder / "after.coco"));
    CHECK(message == "schedule.rate: out of range: expected more than 0 and at most 100, found 1500.5");

    save_weights(folder / "weights.safetensors", trainer);
    const io::Safetensors weights(folder / "weights.safetensors");
    std::size_t tensors = 0;
    for (const Tensor& t : trained.model->layout().tensors()) {
        if (t.ref.block == ParameterBlock::frozen) continue;
        ++tensors;
        const auto values = weights.get<float>(t.name, {t.ref.rows, t.ref.cols});
        CHECK(std::vector<float>(values.begin(), values.end()) ==
              values_of(*trained.on, *trained.parameters, t.ref));
    }
    CHECK(weights.tensors().size() == tensors);
    CHECK(weights.metadata("format") == "pt");
    CHECK(Json::parse(weights.metadata("settings"))["schedule"]["rate"] == 1.25e-3);
    CHECK(Json::parse(weights.metadata("parts"))["backbone"] == "coco::backbone::SASRec");

    // The reference reader, where it is installed.
    const std::string script =
        "import sys\n"
        "try:\n"
        "    from safetensors.numpy import load_file\n"
        "except ImportError:\n"
        "    sys.exit(77)\n"
        "t = load_file(sys.argv[1])\n"
        "sys.exit(0 if len(t) == int(sys.argv[2]) and t['item'].shape == (int(sys.argv[3]), 16) else 1)\n";
    support::write(folder / "read.py", script);
    const int status = std::system(text_of("python3 ", (folder / "read.py").string(), " ",
                                           (folder / "weights.safetensors").string(), " ", tensors, " ",
                                           shop.data.catalogue.size())
                                       .c_str());
    if (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127)
        std::puts("SKIPPED: weights read by Python: no safetensors");
    else
        CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("settings: of a model's objectives the chosen one is stored, so that their list may grow",
          "[settings]") {
    using backbone::SASRec, items::Table, loss::CrossEntropy, loss::InfoNce, loss::SampledSoftmax;
    TrainConfig<SequentialRecommender<SASRec, Table, Objectives<CrossEntropy, SampledSoftmax>>> before;
    CHECK(settings_of(before)["objectives"] == Json{{"cross_entropy", Json::object()}});
    before.model.loss.objective = SampledSoftmax::name;
    std::get<1>(before.model.objectives.of).negatives = 7;
    const Json stored = settings_of(before);
    CHECK(stored["objectives"].size() == 1);

    TrainConfig<SequentialRecommender<SASRec, Table, Objectives<CrossEntropy, InfoNce, SampledSoftmax>>> now;
    read_settings(stored, now, "settings");
    CHECK(std::get<2>(now.model.objectives.of).negatives == 7);
    CHECK(settings_of(now) == stored);
}
