using Atoll.Bench;

return args switch
{
    ["tools", .. var rest] => await ToolsBench.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: atoll bench tools [--rounds N] [--calls N] [--starts N]   (the defaults are what the documents quote)");
    return 2;
}
